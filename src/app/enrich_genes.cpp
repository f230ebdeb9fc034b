#include "app/enrich_genes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "app/compared_names.hpp"
#include "app/sample_labels.hpp"
#include "miura/base/error.hpp"
#include "miura/input/gene_sets.hpp"
#include "miura/input/measurements.hpp"
#include "miura/input/outcome_sheet.hpp"
#include "miura/input/sample_sheet.hpp"
#include "miura/matrix/table_columns.hpp"

namespace miura::app {

namespace {

using enrichment::GeneList, enrichment::RankedAnalysis, enrichment::ScoredGenes;

/// Groups in the order in which they come first.
std::vector<std::string> groups_of(const std::vector<input::TestedGene>& genes) {
  std::vector<std::string> groups;
  for (const auto& gene : genes)
    if (groups.empty() || (gene.group != groups.back() && std::ranges::find(groups, gene.group) == groups.end()))
      groups.push_back(gene.group);
  return groups;
}

GeneList selected_of(const std::vector<input::TestedGene>& genes, const std::string& group,
                     const std::string& direction) {
  GeneList list{group, direction, {}};
  for (const auto& gene : genes) {
    const bool fits = direction == "all" || (direction == "up" ? gene.score > 0 : gene.score < 0);
    if (gene.group == group && gene.selected && fits) list.gene.push_back(gene.gene);
  }
  return list;
}

/// The genes of a group with a score; of several rows of a gene the one with the largest score in size, the first of
/// equal ones.
ScoredGenes scored_of(const std::vector<input::TestedGene>& genes, const std::string& group) {
  ScoredGenes scored;
  std::map<std::string_view, std::size_t> at;
  for (const auto& gene : genes) {
    if (gene.group != group || std::isnan(gene.score)) continue;
    const auto [known, is_new] = at.try_emplace(gene.gene, scored.gene.size());
    if (is_new) {
      scored.gene.push_back(gene.gene);
      scored.score.push_back(gene.score);
    } else if (std::abs(gene.score) > std::abs(scored.score[known->second])) {
      scored.score[known->second] = gene.score;
    }
  }
  return scored;
}

/// Whether some of the tested genes were not picked, so that the others make lists.
bool picks_some(const EnrichOptions& o, const std::vector<input::TestedGene>& genes) {
  return !o.universe.empty() || std::ranges::any_of(genes, [&](const auto& gene) {
    return !gene.selected || (!o.table.score.empty() && !(gene.score != 0));
  });
}

void read_table(const EnrichOptions& o, GeneStudy& study) {
  const auto genes = input::read_gene_table(o.genes, o.table);
  if (study.universe.empty())
    for (const auto& gene : genes) study.universe.push_back(gene.gene);
  const bool has_score = !o.table.score.empty(), has_lists = picks_some(o, genes);
  const bool is_ranked = has_score && o.ranked.permutations > 0;
  if (!has_lists && !is_ranked)
    throw UsageError("every gene of " + o.genes +
                     " is picked: --select tells which were found, --universe what was tested");
  for (const auto& group : groups_of(genes)) {
    const std::vector<std::string> both{"up", "down"}, one{"all"};
    if (has_lists)
      for (const auto& direction : has_score ? both : one) study.lists.push_back(selected_of(genes, group, direction));
    if (is_ranked) study.ranked.push_back({.group = group, .genes = scored_of(genes, group), .found = {}});
  }
}

/// The samples of the table that the outcome is known of, and the features that are known of all of them.
struct Joined {
  matrix::Measurements features;
  std::vector<double> outcome;
  std::vector<std::string> stratum;
};

/// Names and values of the samples that take part, in the order of the table.
Joined join_samples(const EnrichOptions& o, const matrix::Measurements& table) {
  const auto sheet = input::survey_outcomes(o.sheet);
  const auto known = samples_in_sheet(o.sheet, sheet, table.sample, o.genes);
  const std::vector<std::string> wanted{o.outcome};
  const auto values = input::read_outcomes(o.sheet, sheet.key_column, known, wanted).front().value;
  std::vector<std::string> labels(known.size(), "all");
  if (!o.strata.empty()) labels = input::read_labels(o.sheet, sheet, known, o.strata);
  Joined joined;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (std::isnan(values[i]) || labels[i].empty()) continue;
    joined.features.sample.push_back(known[i]);
    joined.outcome.push_back(values[i]);
    joined.stratum.push_back(labels[i]);
  }
  if (joined.outcome.size() < 3)
    throw InputError({o.sheet, 0, o.outcome}, fmt::format("is known of {} samples of {}; at least 3 are needed",
                                                          joined.outcome.size(), o.genes));
  return joined;
}

void keep_complete_features(const matrix::Measurements& table, Joined& joined, GeneStudy& study) {
  std::vector<std::int64_t> place;
  for (const auto& sample : joined.features.sample)
    place.push_back(std::ranges::find(table.sample, sample) - table.sample.begin());
  std::int64_t n_incomplete = 0;
  for (std::int64_t f = 0; f < table.n_features(); ++f) {
    std::vector<double> values;
    for (const auto p : place) values.push_back(table.of(f)[p]);
    if (std::ranges::any_of(values, [](double v) { return std::isnan(v); })) {
      ++n_incomplete;
      continue;
    }
    joined.features.feature.push_back(table.feature[f]);
    joined.features.value.insert(joined.features.value.end(), values.begin(), values.end());
  }
  if (n_incomplete > 0)
    study.warnings.push_back(fmt::format("{} features miss a value of these samples: left out", n_incomplete));
}

/// All relabelings where they are not more than those that would be drawn.
std::int32_t enumerated_up_to(std::int64_t permutations) {
  std::int32_t n = 1;
  while (n < 12 && permutation::factorial(n + 1) <= permutations + 1) ++n;
  return n;
}

void read_lots(const EnrichOptions& o, GeneStudy& study) {
  const auto table = input::read_measurements(o.genes);
  auto joined = join_samples(o, table);
  keep_complete_features(table, joined, study);
  const auto relabelings =
      relabelings_of_samples(joined.features.n_samples(), joined.stratum, o.ranked.permutations, o.common.seed);
  auto scores = enrichment::outcome_scores(joined.features, joined.outcome, relabelings);
  study.universe = scores.observed.gene;
  study.relabelings = std::move(scores.relabeled);
  study.ranked.push_back({.group = o.outcome, .genes = std::move(scores.observed), .found = {}});
  study.inputs.emplace_back(o.sheet);
}

/// How many genes of the sets were tested: a wrong kind of name shows here.
std::string matched_genes(const GeneStudy& study) {
  const auto in_sets = genes_in(study.sets);
  const std::unordered_set<std::string_view> tested(study.universe.begin(), study.universe.end());
  const auto n = std::ranges::count_if(tested, [&](std::string_view gene) { return in_sets.contains(gene); });
  if (n == 0)
    throw InputError(
        {study.inputs.front()},
        fmt::format("none of the {} genes is in a set: {}", tested.size(),
                    compared_names(*study.universe.begin(),
                                   in_sets.empty() ? std::string_view() : *std::ranges::min_element(in_sets))));
  return fmt::format("{} of {} tested genes are in one of {} sets ({} different genes)\n", n, tested.size(),
                     study.sets.size(), in_sets.size());
}

/// Genes by name alone, without a table.
bool is_plain_list(const EnrichOptions& o) {
  return !o.by_lots() && o.table.score.empty() && o.table.select.empty() && o.table.group.empty();
}

/// A list of its own must be a part of what was tested.
void check_list(const EnrichOptions& o, const GeneStudy& study) {
  const std::unordered_set<std::string_view> tested(study.universe.begin(), study.universe.end());
  const auto& genes = study.lists.front().gene;
  const auto n = std::ranges::count_if(genes, [&](const auto& gene) { return tested.contains(gene); });
  if (n == 0)
    throw InputError({o.genes},
                     fmt::format("none of its {} genes is in the universe {}: {}", genes.size(), o.universe,
                                 compared_names(genes.empty() ? "" : genes.front(), study.universe.front())));
  if (n == std::ssize(tested))
    throw UsageError(fmt::format("every gene of the universe {} is in {}: --universe is what was tested, found or not",
                                 o.universe, o.genes));
}

struct ListRow {
  const GeneList* list;
  std::int64_t n_picked, n_unknown, n_found;
};

std::string name_of(const std::string& group, const std::string& direction) {
  return group.empty() ? direction : group + " " + direction;
}

std::string told_of(const enrichment::OverRepresentation& found, const GeneStudy& study) {
  std::string text;
  for (std::size_t l = 0; l < study.lists.size(); ++l) {
    const auto first = std::ranges::find(found.rows, static_cast<std::int64_t>(l), &enrichment::SharedGenes::list);
    text += fmt::format("{}: {} genes", name_of(study.lists[l].group, study.lists[l].direction), found.n_picked[l]);
    if (found.n_unknown[l] > 0) text += fmt::format(" ({} more were not tested)", found.n_unknown[l]);
    if (first != found.rows.end())
      text += fmt::format("; first of {} sets: {} {}, {} of {} genes, log10 p {:.2f}, FDR {:.2g}", found.n_sets,
                          study.sets[first->set].name, study.sets[first->set].description, first->gene.size(),
                          first->in_set, first->log10_p, std::pow(10.0, first->log10_fdr));
    text += "\n";
  }
  return text;
}

std::string told_of(const RankedAnalysis& analysis, const matrix::GeneSets& sets) {
  const auto& found = analysis.found;
  const bool by_lots = found.lots.n > 0;
  const auto& fdr = by_lots ? found.lots.fdr : found.genes.fdr;
  const auto n = std::ranges::count_if(fdr, [](double q) { return q <= 0.25; });
  auto text = fmt::format("{}: {} ranked genes, {} sets, {} with FDR of at most 0.25 {}",
                          name_of(analysis.group, "ranked"), found.n_genes, found.set.size(), n,
                          by_lots ? "by lots" : "by genes alone (too many: genes of a set vary together)");
  const auto& nes = by_lots ? found.lots.nes : found.genes.nes;
  std::size_t best = 0;
  for (std::size_t s = 1; s < nes.size(); ++s)
    if (!(std::abs(nes[s]) <= std::abs(nes[best]))) best = std::isnan(nes[s]) ? best : s;
  if (!nes.empty())
    text += fmt::format("; first: {} {}, NES {:.2f}", sets[found.set[best]].name, sets[found.set[best]].description,
                        nes[best]);
  return text + "\n";
}

}  // namespace

matrix::GeneSets read_collections(std::span<const std::filesystem::path> files) {
  matrix::GeneSets all;
  for (const auto& path : files) {
    const auto sets = input::read_gene_sets(path);
    if (!sets.empty() && std::ranges::find(all, sets.front().collection, &matrix::GeneSet::collection) != all.end())
      throw UsageError(fmt::format("{}: another file of sets has this name", path.string()));
    all.insert(all.end(), sets.begin(), sets.end());
  }
  return all;
}

std::unordered_set<std::string_view> genes_in(const matrix::GeneSets& sets) {
  std::unordered_set<std::string_view> genes;
  for (const auto& set : sets) genes.insert(set.gene.begin(), set.gene.end());
  return genes;
}

permutation::Relabelings relabelings_of_samples(std::int64_t n_samples, std::span<const std::string> stratum,
                                                std::int64_t permutations, std::uint64_t seed) {
  return {static_cast<std::int32_t>(n_samples),
          numbered(stratum),
          {.exact_up_to = enumerated_up_to(permutations), .permutations = permutations, .seed = seed}};
}

matrix::Table list_table(const enrichment::OverRepresentation& found, const std::vector<GeneList>& lists) {
  std::vector<ListRow> rows;
  for (std::size_t l = 0; l < lists.size(); ++l)
    rows.push_back(
        {&lists[l], found.n_picked[l], found.n_unknown[l], std::ranges::count_if(found.rows, [&](const auto& row) {
           return row.list == static_cast<std::int64_t>(l) && row.log10_fdr <= std::log10(0.05);
         })});
  matrix::TableColumns<ListRow> table("enrichment_lists", rows);
  table.add("cluster", [](const ListRow& r) { return r.list->group; });
  table.add("direction", [](const ListRow& r) { return r.list->direction; });
  table.add("n", &ListRow::n_picked);
  table.add("n_not_tested", &ListRow::n_unknown);
  table.add("universe", [&](const ListRow&) { return found.universe; });
  table.add("n_sets", [&](const ListRow&) { return found.n_sets; });
  table.add("n_fdr_05", &ListRow::n_found);
  return table.take();
}

GeneStudy read_gene_study(const EnrichOptions& o) {
  GeneStudy study;
  study.inputs.emplace_back(o.genes);
  const std::vector<std::filesystem::path> files(o.sets.begin(), o.sets.end());
  study.sets = read_collections(files);
  study.inputs.insert(study.inputs.end(), files.begin(), files.end());
  if (!o.universe.empty()) {
    study.universe = input::read_gene_list(o.universe);
    study.inputs.emplace_back(o.universe);
  }
  if (o.by_lots()) {
    read_lots(o, study);
  } else if (is_plain_list(o)) {
    study.lists.push_back({"", "all", input::read_gene_list(o.genes)});
  } else {
    read_table(o, study);
  }
  return study;
}

std::vector<matrix::Table> enrich_genes(MPI_Comm comm, const EnrichOptions& o, GeneStudy& study, std::string& told) {
  told += matched_genes(study);
  if (is_plain_list(o)) check_list(o, study);
  std::vector<matrix::Table> tables;
  if (!study.lists.empty()) {
    const auto found = over_representation(study.universe, study.lists, study.sets, o.ranked.sizes);
    tables.push_back(enrichment_table(found, study.lists, study.sets));
    tables.push_back(list_table(found, study.lists));
    told += told_of(found, study);
  }
  for (auto& analysis : study.ranked) {
    analysis.found = ranked_enrichment(comm, analysis.genes, study.sets, study.relabelings, o.ranked);
    told += told_of(analysis, study.sets);
  }
  if (!study.ranked.empty()) tables.push_back(ranked_table(study.ranked, study.sets));
  return tables;
}

}  // namespace miura::app
