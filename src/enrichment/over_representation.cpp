#include "miura/enrichment/over_representation.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "enrichment/tested_sets.hpp"
#include "miura/matrix/table_columns.hpp"
#include "miura/stats/hypergeometric.hpp"
#include "miura/stats/multiplicity.hpp"

namespace miura::enrichment {

namespace {

/// The genes of a list, as marks on the universe.
struct Picked {
  std::vector<std::uint8_t> mark;
  std::int64_t n = 0, n_unknown = 0;

  Picked(const Universe& universe, const GeneList& list) : mark(universe.size()) {
    std::unordered_set<std::string_view> unknown;
    for (const auto& gene : list.gene) {
      const auto known = universe.number.find(gene);
      if (known == universe.number.end()) {
        unknown.insert(gene);
        continue;
      }
      n += mark[known->second] == 0 ? 1 : 0;
      mark[known->second] = 1;
    }
    n_unknown = std::ssize(unknown);
  }
};

/// The sets that share genes with a list, smallest p first; corrected over all tested sets.
std::vector<SharedGenes> test_list(std::int64_t list, const Picked& picked, const Universe& universe,
                                   const TestedSets& tested) {
  std::vector<SharedGenes> rows;
  std::vector<double> log10_p;
  for (std::int64_t s = 0; s < tested.size(); ++s) {
    const auto genes = tested.of(s);
    auto& row = rows.emplace_back(SharedGenes{.list = list, .set = tested.set[s], .in_set = std::ssize(genes)});
    for (const auto gene : genes)
      if (picked.mark[gene] != 0) row.gene.emplace_back(universe.gene[gene]);
    row.log10_p = stats::log10_hypergeometric_upper(universe.size(), row.in_set, picked.n, std::ssize(row.gene));
    log10_p.push_back(row.log10_p);
  }
  const auto log10_fdr = stats::benjamini_hochberg_log10(log10_p);
  for (std::size_t s = 0; s < rows.size(); ++s) rows[s].log10_fdr = log10_fdr[s];
  std::erase_if(rows, [](const SharedGenes& row) { return row.gene.empty(); });
  std::ranges::stable_sort(rows, {}, &SharedGenes::log10_p);
  return rows;
}

}  // namespace

OverRepresentation over_representation(std::span<const std::string> universe, std::span<const GeneList> lists,
                                       const matrix::GeneSets& sets, const SetSizes& sizes) {
  const Universe tested_genes(universe);
  const TestedSets tested(tested_genes, sets, sizes);
  OverRepresentation found{.universe = tested_genes.size(), .n_sets = tested.size()};
  for (std::int64_t l = 0; l < std::ssize(lists); ++l) {
    const Picked picked(tested_genes, lists[l]);
    found.n_picked.push_back(picked.n);
    found.n_unknown.push_back(picked.n_unknown);
    for (auto& row : test_list(l, picked, tested_genes, tested)) found.rows.push_back(std::move(row));
  }
  return found;
}

matrix::Table enrichment_table(const OverRepresentation& found, std::span<const GeneList> lists,
                               const matrix::GeneSets& sets) {
  using Row = SharedGenes;
  const auto shared = [](const Row& row) { return std::ssize(row.gene); };
  matrix::TableColumns<Row> table("enrichment", found.rows);
  table.add("cluster", [&](const Row& row) { return lists[row.list].group; });
  table.add("direction", [&](const Row& row) { return lists[row.list].direction; });
  table.add("collection", [&](const Row& row) { return sets[row.set].collection; });
  table.add("set", [&](const Row& row) { return sets[row.set].name; });
  table.add("description", [&](const Row& row) { return sets[row.set].description; });
  table.add("k", shared);
  table.add("K", &Row::in_set);
  table.add("percent", [&](const Row& row) { return 100.0 * double(shared(row)) / double(row.in_set); });
  table.add("n", [&](const Row& row) { return found.n_picked[row.list]; });
  table.add("universe", [&](const Row&) { return found.universe; });
  table.add("fold", [&](const Row& row) {
    return double(shared(row)) * double(found.universe) / (double(row.in_set) * double(found.n_picked[row.list]));
  });
  table.add("log10_p", &Row::log10_p);
  table.add("log10_fdr", &Row::log10_fdr);
  table.add("p", [](const Row& row) { return std::pow(10.0, row.log10_p); });
  table.add("fdr", [](const Row& row) { return std::pow(10.0, row.log10_fdr); });
  table.add("n_sets", [&](const Row&) { return found.n_sets; });
  table.add("genes", [](const Row& row) { return joined(row.gene); });
  return table.take();
}

std::vector<GeneList> marker_lists(const matrix::Table& markers, std::int64_t most) {
  const auto& cluster = markers.column<std::string>("cluster");
  const auto& direction = markers.column<std::string>("direction");
  const auto& gene = markers.column<std::string>("gene");
  const auto& flags = markers.column<std::string>("flags");
  std::vector<GeneList> lists;
  for (std::size_t row = 0; row < gene.size(); ++row) {
    if (lists.empty() || lists.back().group != cluster[row] || lists.back().direction != direction[row])
      lists.push_back({cluster[row], direction[row], {}});
    auto& list = lists.back().gene;
    if (flags[row] != "LOTS_DISAGREE" && (most == 0 || std::ssize(list) < most)) list.push_back(gene[row]);
  }
  return lists;
}

}  // namespace miura::enrichment
