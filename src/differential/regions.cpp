#include "miura/differential/regions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "differential/count_null.hpp"
#include "miura/stats/hypergeometric.hpp"

namespace miura::differential {

namespace {

constexpr std::int32_t most_promoter_hits = 5;  ///< genes with at least 1, 2 ... of them are counted

/// Which classes and promoters the probes belong to, by row of the table.
struct Membership {
  std::vector<std::string> region;  ///< `all` first
  std::vector<std::int64_t> region_start{0}, promoter_start{0};
  std::vector<std::int32_t> region_of;  ///< classes of each probe, each once
  std::vector<std::int32_t> promoter;   ///< genes in whose promoter it lies, each once

  std::span<const std::int32_t> regions(std::int64_t probe) const {
    return std::span(region_of).subspan(region_start[probe], region_start[probe + 1] - region_start[probe]);
  }
  std::span<const std::int32_t> promoters(std::int64_t probe) const {
    return std::span(promoter).subspan(promoter_start[probe], promoter_start[probe + 1] - promoter_start[probe]);
  }
};

template <class Value>
void append_once(std::vector<Value>& list, std::int64_t from, Value value) {
  if (std::find(list.begin() + from, list.end(), value) == list.end()) list.push_back(value);
}

Membership membership_of(const matrix::ProbeAnnotation& annotation, std::int64_t n_probes,
                         const std::vector<std::string>& promoter) {
  Membership member;
  member.region.push_back("all");
  const bool annotated = annotation.n_probes() > 0;
  if (annotated) {
    if (annotation.n_probes() != n_probes) throw std::logic_error("an annotation is not that of the table");
    member.region.insert(member.region.end(), annotation.region.begin(), annotation.region.end());
    member.region.insert(member.region.end(), {"intergenic", "unlisted"});
  }
  const auto intergenic = static_cast<std::int32_t>(std::ssize(annotation.region)) + 1;
  for (std::int64_t f = 0; f < n_probes; ++f) {
    const auto from = std::ssize(member.region_of), promoter_from = std::ssize(member.promoter);
    member.region_of.push_back(0);
    if (annotated) {
      for (const auto& [gene, region] : annotation.of(f)) {
        if (region < 0) continue;
        append_once(member.region_of, from, region + 1);
        if (gene >= 0 && std::ranges::find(promoter, annotation.region[region]) != promoter.end())
          append_once(member.promoter, promoter_from, gene);
      }
      if (std::ssize(member.region_of) == from + 1)
        member.region_of.push_back(annotation.listed[f] != 0 ? intergenic : intergenic + 1);
    }
    member.region_start.push_back(std::ssize(member.region_of));
    member.promoter_start.push_back(std::ssize(member.promoter));
  }
  return member;
}

Hits observed_hits(const Result& found) {
  Hits hits;
  for (std::int64_t f = 0; f < std::ssize(found.rows); ++f) {
    if (found.rows[f].direction > 0) hits.up.push_back(f);
    if (found.rows[f].direction < 0) hits.down.push_back(f);
  }
  return hits;
}

/// Layout of the counts of one labeling: hits by region and direction, the same of the most extreme probes, then genes
/// by k and direction.
struct CountLayout {
  std::int64_t n_regions;
  std::int64_t of_region(std::int64_t region, int direction) const noexcept { return 2 * region + direction; }
  std::int64_t of_top(std::int64_t region, int direction) const noexcept {
    return 2 * (n_regions + region) + direction;
  }
  std::int64_t of_genes(std::int32_t k, int direction) const noexcept {
    return 2 * (2 * n_regions + k - 1) + direction;
  }
  std::int64_t size() const noexcept { return 2 * (2 * n_regions + most_promoter_hits); }
};

void add_hits(const Membership& member, const CountLayout& layout, const Hits& hits, std::span<std::int64_t> count,
              std::span<std::int32_t> tally, std::vector<std::int32_t>& touched) {
  for (const int direction : {0, 1})
    for (const auto probe : direction == 0 ? hits.up : hits.down) {
      for (const auto region : member.regions(probe)) ++count[layout.of_region(region, direction)];
      for (const auto gene : member.promoters(probe)) {
        const auto at = 2 * gene + direction;
        if (tally[at] == 0) touched.push_back(at);
        if (++tally[at] <= most_promoter_hits) ++count[layout.of_genes(tally[at], direction)];
      }
    }
}

void add_top(const Membership& member, const CountLayout& layout, const Hits& top, std::span<std::int64_t> count) {
  for (const int direction : {0, 1})
    for (const auto probe : direction == 0 ? top.up : top.down)
      for (const auto region : member.regions(probe)) ++count[layout.of_top(region, direction)];
}

/// Share of relabelings for which `is_as_extreme` of the count.
template <class Compare>
double share_of(const CountTable& table, std::int64_t at, Compare is_as_extreme) {
  if (table.n_labelings == 0) return not_computed;
  std::int64_t n = 0;
  for (std::int64_t b = 0; b < table.n_labelings; ++b) n += is_as_extreme(table.count[b * table.n_counts + at]) ? 1 : 0;
  return static_cast<double>(n) / static_cast<double>(table.n_labelings);
}

/// What relabelings say of one count.
CountNull null_of(const CountTable& table, std::int64_t at, std::int64_t observed) {
  if (table.n_labelings == 0) return {};
  // Where relabelings are drawn, p of a probe with missing values is not quite the one by its own relabelings.
  if (!table.exact) observed = std::min(observed, table.count[at]);
  std::vector<std::int64_t> counts;
  for (std::int64_t b = 0; b < table.n_labelings; ++b) counts.push_back(table.count[b * table.n_counts + at]);
  const auto sum = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  const auto at_95 = counts.begin() + (95 * table.n_labelings + 99) / 100 - 1;
  std::ranges::nth_element(counts, at_95);
  const auto n = static_cast<double>(table.n_labelings);
  return {static_cast<double>(sum) / n, static_cast<double>(*at_95),
          share_of(table, at, [&](std::int64_t count) { return count >= observed; })};
}

void compare_with_chance(RegionRow& row, std::int64_t n_tested, std::int64_t n_hits) {
  row.expected = static_cast<double>(row.n_tested) * static_cast<double>(n_hits) / static_cast<double>(n_tested);
  if (row.region == "all") return;
  const auto in = static_cast<double>(row.n_hits), in_not = static_cast<double>(row.n_tested - row.n_hits),
             out = static_cast<double>(n_hits - row.n_hits),
             out_not = static_cast<double>(n_tested - row.n_tested - (n_hits - row.n_hits));
  row.odds_ratio = in * out_not / (in_not * out);
  row.log10_p_enriched = stats::log10_hypergeometric_upper(n_tested, n_hits, row.n_tested, row.n_hits);
  row.log10_p_depleted =
      stats::log10_hypergeometric_upper(n_tested, n_tested - n_hits, row.n_tested, row.n_tested - row.n_hits);
}

std::vector<RegionRow> region_rows(const Membership& member, const CountLayout& layout, const Result& found,
                                   std::span<const std::int64_t> observed, const CountTable& null) {
  std::vector<std::int64_t> n_tested(layout.n_regions);
  for (std::int64_t f = 0; f < std::ssize(found.rows); ++f)
    if (found.rows[f].status == Status::ok)
      for (const auto region : member.regions(f)) ++n_tested[region];
  std::vector<RegionRow> rows;
  for (std::int64_t region = 0; region < layout.n_regions; ++region) {
    if (n_tested[region] == 0) continue;
    for (const int direction : {0, 1}) {
      const auto at = layout.of_region(region, direction), all = layout.of_region(0, direction);
      RegionRow row;
      row.region = member.region[region];
      row.direction = static_cast<std::int8_t>(direction == 0 ? 1 : -1);
      row.n_tested = n_tested[region];
      row.n_hits = observed[at];
      compare_with_chance(row, n_tested[0], observed[all]);
      row.null = null_of(null, at, row.n_hits);
      if (region > 0 && observed[all] > 0 && null.has_top) {
        const auto top = layout.of_top(region, direction);
        row.p_top_enriched = share_of(null, top, [&](std::int64_t count) { return count >= row.n_hits; });
        row.p_top_depleted = share_of(null, top, [&](std::int64_t count) { return count <= row.n_hits; });
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

/// Probes of each gene that were tested, each once.
std::vector<std::vector<std::int64_t>> probes_by_gene(const matrix::ProbeAnnotation& annotation, const Result& found) {
  std::vector<std::vector<std::int64_t>> probes(annotation.gene.size());
  for (std::int64_t f = 0; f < annotation.n_probes(); ++f) {
    if (found.rows[f].status != Status::ok) continue;
    for (const auto& entry : annotation.of(f))
      if (entry.gene >= 0 && (probes[entry.gene].empty() || probes[entry.gene].back() != f))
        probes[entry.gene].push_back(f);
  }
  return probes;
}

GeneRow gene_row(std::int32_t gene, const std::vector<std::int64_t>& probes, const Membership& member,
                 const Result& found) {
  GeneRow row;
  double sum = 0.0, promoter_sum = 0.0;
  double smallest = std::numeric_limits<double>::infinity();
  for (const auto f : probes) {
    const auto& probe = found.rows[f];
    const bool promoter = std::ranges::find(member.promoters(f), gene) != member.promoters(f).end();
    ++row.n_tested;
    sum += probe.difference;
    if (promoter) {
      ++row.n_promoter;
      promoter_sum += probe.difference;
    }
    if (probe.direction != 0) {
      const auto at = probe.direction > 0 ? 0U : 1U;
      ++row.hits[at];
      row.promoter_hits[at] += promoter ? 1 : 0;
    }
    if (probe.p < smallest) {
      smallest = probe.p;
      row.best_probe = f;
    }
  }
  row.mean_difference = sum / row.n_tested;
  if (row.n_promoter > 0) row.mean_difference_promoter = promoter_sum / row.n_promoter;
  return row;
}

std::vector<GeneRow> gene_rows(const matrix::ProbeAnnotation& annotation, const Membership& member, const Result& found,
                               const CountTable& null) {
  std::vector<GeneRow> rows;
  const auto probes = probes_by_gene(annotation, found);
  for (std::int32_t gene = 0; gene < std::ssize(annotation.gene); ++gene) {
    if (probes[gene].empty()) continue;
    auto row = gene_row(gene, probes[gene], member, found);
    if (row.hits[0] + row.hits[1] == 0) continue;
    row.gene = annotation.gene[gene];
    if (null.n_labelings > 0)
      for (const std::size_t direction : {0U, 1U})
        row.p_promoter_hits[direction] =
            static_cast<double>(null.as_large[2 * gene + direction]) / static_cast<double>(null.n_labelings);
    rows.push_back(std::move(row));
  }
  std::ranges::stable_sort(rows, [&](const GeneRow& a, const GeneRow& b) {
    const auto most = [](const GeneRow& row) { return std::max(row.promoter_hits[0], row.promoter_hits[1]); };
    if (most(a) != most(b)) return most(a) > most(b);
    return found.rows[a.best_probe].p < found.rows[b.best_probe].p;
  });
  return rows;
}

std::vector<GeneCountRow> gene_count_rows(const CountLayout& layout, std::span<const std::int64_t> observed,
                                          const CountTable& null) {
  std::vector<GeneCountRow> rows;
  for (std::int32_t k = 1; k <= most_promoter_hits; ++k)
    for (const int direction : {0, 1}) {
      const auto at = layout.of_genes(k, direction);
      rows.push_back(
          {k, static_cast<std::int8_t>(direction == 0 ? 1 : -1), observed[at], null_of(null, at, observed[at])});
    }
  return rows;
}

/// The counts under relabeled samples. A permutation test has those of its own relabelings, by which its p are made; of
/// drawn ones the first.
CountTable count_null(MPI_Comm comm, const matrix::Measurements& table, const Compared& compared,
                      const Options& options, const Result& found, const RegionOptions& regions,
                      const Counting& counting) {
  matrix::Measurements transformed;
  if (options.scale == Scale::m_of_beta) transformed = m_values(table);
  const auto& tested = options.scale == Scale::m_of_beta ? transformed : table;
  auto relabelings = options.relabelings;
  if (options.test == Test::moderated) relabelings.permutations = regions.permutations;
  const permutation::Labelings labelings(compared.group, compared.pair, relabelings);
  CountTable null;
  if (options.test == Test::moderated) {
    const ModeratedFit fitted(tested, compared);
    const HitFinder finder(fitted, table, compared, options, found.family_size);
    null = count_under_relabelings(comm, fitted, finder, labelings, counting);
  } else {
    const RelabeledTests tests(tested, table, compared, options, labelings);
    const auto n = labelings.exact() ? labelings.size() : std::min(labelings.size(), regions.permutations + 1);
    null = count_under_relabelings(comm, tests, n, counting);
  }
  null.exact = labelings.exact();
  return null;
}

}  // namespace

Regions count_regions(MPI_Comm comm, const matrix::Measurements& table, const Design& design, const Options& options,
                      const Result& found, const matrix::ProbeAnnotation& annotation, const RegionOptions& regions) {
  const auto member = membership_of(annotation, table.n_features(), regions.promoter);
  const CountLayout layout{std::ssize(member.region)};
  std::vector<std::int64_t> observed(layout.size());
  std::vector<std::int32_t> tally(2 * annotation.gene.size()), touched;
  const auto hits = observed_hits(found);
  add_hits(member, layout, hits, observed, tally, touched);

  CountTable null;
  Regions result;
  if (regions.permutations > 0) {
    const Counting counting{.n_counts = layout.size(),
                            .observed = hits,
                            .observed_tally = {tally.begin(), tally.end()},
                            .add = [&](const Hits& relabeled, const Hits& top, std::span<std::int64_t> count,
                                       std::span<std::int32_t> tallies, std::vector<std::int32_t>& changed) {
                              add_hits(member, layout, relabeled, count, tallies, changed);
                              add_top(member, layout, top, count);
                            }};
    null = count_null(comm, table, compared_samples(design), options, found, regions, counting);
    result.n_relabelings = null.n_labelings;
    result.exact = null.exact;
  }
  result.rows = region_rows(member, layout, found, observed, null);
  if (annotation.n_probes() > 0) {
    result.gene_counts = gene_count_rows(layout, observed, null);
    result.genes = gene_rows(annotation, member, found, null);
  }
  return result;
}

}  // namespace miura::differential
