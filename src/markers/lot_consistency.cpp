#include "miura/markers/lot_consistency.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "append_over_ranks.hpp"
#include "miura/parallel/communicator.hpp"
#include "sign_flips.hpp"

namespace miura::markers {

namespace {

__extension__ using Wide = __int128;  // products of counts

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// A contrast over the lots that take part.
struct Comparison {
  Contrast contrast;
  std::vector<std::int32_t> lot;
  std::vector<std::int64_t> total_in, total_out;  ///< a lot: counts of all genes
  double prior = 0;                               ///< added to shares of counts
};

/// Sums over all clusters, so over the cells that have a label.
struct Labelled {
  std::vector<std::int64_t> sum;           ///< my genes x n_lots
  std::vector<std::int64_t> total, cells;  ///< n_lots
};

/// Groups x lots to lots, without group 0.
void add_clusters(std::span<const std::int64_t> groups, std::span<std::int64_t> lots) {
  const auto n = std::ssize(lots);
  for (auto at = n; at < std::ssize(groups); ++at) lots[at % n] += groups[at];
}

Labelled labelled_of(const matrix::Pseudobulk& sums) {
  const std::int64_t n_lots = sums.n_lots, of_gene = sums.n_groups * n_lots;
  Labelled all{std::vector<std::int64_t>(sums.n_local() * n_lots), std::vector<std::int64_t>(n_lots),
               std::vector<std::int64_t>(n_lots)};
#pragma omp parallel for schedule(static)
  for (std::int64_t g = 0; g < sums.n_local(); ++g)
    add_clusters(std::span(sums.sum).subspan(g * of_gene, of_gene), std::span(all.sum).subspan(g * n_lots, n_lots));
  add_clusters(sums.total, all.total);
  add_clusters(sums.cells, all.cells);
  return all;
}

/// Of values of the groups, a value a lot, what is outside of the contrast's cluster: in the other one, or in all but
/// it.
template <class ValuesOf>
std::int64_t outside(const Contrast& contrast, std::int32_t lot, std::int64_t of_all, ValuesOf&& values_of) {
  return contrast.out == Contrast::rest ? of_all - values_of(contrast.in + 1)[lot] : values_of(contrast.out + 1)[lot];
}

Comparison comparison_of(const matrix::Pseudobulk& sums, const Labelled& labelled, const Contrast& contrast,
                         std::span<const std::uint8_t> lots, const LotConsistencyOptions& options) {
  Comparison found{.contrast = contrast, .lot = {}, .total_in = {}, .total_out = {}};
  const auto cells_of = [&](std::int32_t group) { return sums.cells_of(group); };
  const auto total_of = [&](std::int32_t group) { return sums.total_of(group); };
  for (std::int32_t l = 0; l < sums.n_lots; ++l) {
    const auto cells = std::min(cells_of(contrast.in + 1)[l], outside(contrast, l, labelled.cells[l], cells_of));
    const auto total_in = total_of(contrast.in + 1)[l], total_out = outside(contrast, l, labelled.total[l], total_of);
    if (!lots[l] || cells < options.min_cells || total_in == 0 || total_out == 0) continue;
    found.lot.push_back(l);
    found.total_in.push_back(total_in);
    found.total_out.push_back(total_out);
  }
  const auto depth = std::reduce(found.total_in.begin(), found.total_in.end());
  if (depth > 0)
    found.prior = options.prior_count * static_cast<double>(std::ssize(found.lot)) / static_cast<double>(depth);
  return found;
}

/// What is said of this rank's genes in one contrast, a value a gene.
struct ContrastColumns {
  explicit ContrastColumns(std::int64_t n)
      : n_higher(n), n_lower(n), difference(n, unknown), effect(n, unknown), p(n, unknown), p_max_t(n, unknown) {}
  std::vector<std::int32_t> n_higher, n_lower;
  std::vector<double> difference, effect, p, p_max_t;
};

/// Lots where the gene's share of the counts is higher inside, and lower.
struct Directions {
  std::int32_t higher = 0, lower = 0;
};

/// Differences of one gene over lots; false where it has too few counts.
bool differences_of(const matrix::Pseudobulk& sums, const Labelled& labelled, std::int64_t gene, const Comparison& c,
                    std::int64_t min_total, std::vector<double>& difference, Directions& lots) {
  const auto sum_of = [&](std::int32_t group) { return sums.of(gene, group); };
  std::int64_t counts = 0;
  for (std::size_t i = 0; i < c.lot.size(); ++i) {
    const auto in = sum_of(c.contrast.in + 1)[c.lot[i]];
    const auto out = outside(c.contrast, c.lot[i], labelled.sum[gene * sums.n_lots + c.lot[i]], sum_of);
    const auto left = Wide{in} * c.total_out[i], right = Wide{out} * c.total_in[i];
    lots.higher += left > right ? 1 : 0;
    lots.lower += left < right ? 1 : 0;
    difference[i] = std::log2((static_cast<double>(in) / static_cast<double>(c.total_in[i]) + c.prior) /
                              (static_cast<double>(out) / static_cast<double>(c.total_out[i]) + c.prior));
    counts += in + out;
  }
  return counts >= std::max<std::int64_t>(min_total, 1);
}

/// Mean difference, and the end of its confidence interval that is nearer to 0, or 0 within.
void estimate(std::span<const double> difference, double t, double& mean, double& effect) {
  const auto n = static_cast<double>(std::ssize(difference));
  mean = std::accumulate(difference.begin(), difference.end(), 0.0) / n;
  double squares = 0;
  for (const auto d : difference) squares += (d - mean) * (d - mean);
  const double half_width = t * std::sqrt(squares / (n - 1) / n);
  effect = std::abs(mean) > half_width ? mean - std::copysign(half_width, mean) : 0.0;
}

/// Of the draws of a contrast; clusters have 16 bits.
std::uint64_t stream_of(const Contrast& contrast) {
  return (static_cast<std::uint64_t>(contrast.out + 1) << 16) + static_cast<std::uint64_t>(contrast.in);
}

/// p-values of the tested genes of this rank, from the flips of the lots' signs. Collective.
void test(MPI_Comm comm, const ScaledDifferences& differences, std::span<const std::int64_t> tested,
          const Comparison& c, const LotConsistencyOptions& options, ContrastColumns& found) {
  const auto flips = flips_of(differences.n_lots, stream_of(c.contrast), options);
  auto [as_extreme, maximum] = count_flips(differences, flips);
  MPI_Allreduce(MPI_IN_PLACE, maximum.data(), static_cast<int>(flips.n_flips), MPI_INT32_T, MPI_MAX, comm);
  std::ranges::sort(maximum);
  const auto n_flips = static_cast<double>(flips.n_flips);
  for (std::int64_t i = 0; i < std::ssize(tested); ++i) {
    found.p[tested[i]] = static_cast<double>(as_extreme[i]) / n_flips;
    const auto first = std::ranges::lower_bound(maximum, differences.statistic(i));
    found.p_max_t[tested[i]] = static_cast<double>(maximum.end() - first) / n_flips;
  }
}

/// All that is said of one contrast in this rank's genes. Collective.
ContrastColumns compare(MPI_Comm comm, const matrix::Pseudobulk& sums, const Labelled& labelled, const Comparison& c,
                        const LotConsistencyOptions& options) {
  const auto n_genes = sums.n_local(), n_lots = std::ssize(c.lot);
  ContrastColumns found(n_genes);
  std::vector<double> difference(n_lots), scaled;  // scaled: genes x lots, of the tested genes
  std::vector<std::int64_t> tested;
  const double t = n_lots < 2 ? unknown
                              : boost::math::quantile(boost::math::students_t(static_cast<double>(n_lots - 1)),
                                                      0.5 + options.confidence / 2);
  for (std::int64_t g = 0; g < n_genes; ++g) {
    Directions directions;
    const bool is_tested = differences_of(sums, labelled, g, c, options.min_total, difference, directions);
    found.n_higher[g] = directions.higher;
    found.n_lower[g] = directions.lower;
    if (!is_tested || n_lots < 2) continue;
    estimate(difference, t, found.difference[g], found.effect[g]);
    const double norm = std::sqrt(std::inner_product(difference.begin(), difference.end(), difference.begin(), 0.0));
    for (const auto d : difference) scaled.push_back(norm > 0 ? d / norm : 0.0);
    tested.push_back(g);
  }
  if (n_lots < 2) return found;

  ScaledDifferences differences{n_lots, std::ssize(tested), {}};
  differences.value.resize(scaled.size());
  for (std::int64_t i = 0; i < differences.n_genes; ++i)
    for (std::int64_t l = 0; l < n_lots; ++l)
      differences.value[l * differences.n_genes + i] =
          static_cast<std::int32_t>(std::lrint(scaled[i * n_lots + l] / ScaledDifferences::unit));
  test(comm, differences, tested, c, options, found);
  return found;
}

}  // namespace

LotConsistency lot_consistency(MPI_Comm comm, const matrix::Pseudobulk& sums, std::span<const std::uint8_t> lots,
                               const LotConsistencyOptions& options) {
  LotConsistency all{.n_genes = static_cast<std::int32_t>(sums.genes.size()),
                     .contrast = options.contrasts.of(sums.n_groups - 1),
                     .n_lots = {},
                     .p_min = {},
                     .n_higher = {},
                     .n_lower = {},
                     .difference = {},
                     .effect = {},
                     .p = {},
                     .p_max_t = {}};
  const auto labelled = labelled_of(sums);
  for (const auto& contrast : all.contrast) {
    const auto comparison = comparison_of(sums, labelled, contrast, lots, options);
    const auto mine = compare(comm, sums, labelled, comparison, options);
    const auto n_lots = std::ssize(comparison.lot);
    all.n_lots.push_back(static_cast<std::int32_t>(n_lots));
    all.p_min.push_back(n_lots < 2 ? unknown : 1.0 / static_cast<double>(n_flips_of(n_lots, options)));
    append_over_ranks(comm, mine.n_higher, all.n_higher);
    append_over_ranks(comm, mine.n_lower, all.n_lower);
    append_over_ranks(comm, mine.difference, all.difference);
    append_over_ranks(comm, mine.effect, all.effect);
    append_over_ranks(comm, mine.p, all.p);
    append_over_ranks(comm, mine.p_max_t, all.p_max_t);
  }
  return all;
}

LotDifferences lot_differences(MPI_Comm comm, const matrix::Pseudobulk& sums, std::span<const std::uint8_t> lots,
                               const Contrast& contrast, const LotConsistencyOptions& options) {
  const auto labelled = labelled_of(sums);
  const auto comparison = comparison_of(sums, labelled, contrast, lots, options);
  const auto first_gene = static_cast<std::int32_t>(sums.genes.begin(parallel::rank_of(comm)));
  std::vector<double> difference(comparison.lot.size()), value;
  std::vector<std::int32_t> gene;
  const auto n_genes = comparison.lot.size() < 2 ? 0 : sums.n_local();
  for (std::int32_t g = 0; g < n_genes; ++g) {
    Directions unused;
    if (!differences_of(sums, labelled, g, comparison, options.min_total, difference, unused)) continue;
    gene.push_back(first_gene + g);
    value.insert(value.end(), difference.begin(), difference.end());
  }
  return {comparison.lot, parallel::gather_everywhere<std::int32_t>(comm, gene),
          parallel::gather_everywhere<double>(comm, value)};
}

std::vector<std::int32_t> ranked_genes(const LotConsistency& found, std::int32_t contrast_number) {
  std::vector<std::int32_t> order(found.n_genes);
  std::iota(order.begin(), order.end(), 0);
  const auto before = [&](std::int32_t a, std::int32_t b) {
    const auto i = found.at(contrast_number, a), j = found.at(contrast_number, b);
    const bool tested_i = !std::isnan(found.effect[i]), tested_j = !std::isnan(found.effect[j]);
    if (tested_i != tested_j) return tested_i;
    if (!tested_i) return false;
    if (found.effect[i] != found.effect[j]) return found.effect[i] > found.effect[j];
    return found.difference[i] > found.difference[j];
  };
  std::ranges::stable_sort(order, before);
  return order;
}

}  // namespace miura::markers
