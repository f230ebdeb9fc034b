#include "enrichment/null_scores.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "miura/parallel/communicator.hpp"

namespace miura::enrichment {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// What the null scores of one set say, by sign.
struct NullOfSet {
  std::int64_t n_positive = 0, n_negative = 0;
  double mean_positive = none, mean_negative = none;  ///< in the order of the draws; the negative one of |ES|

  explicit NullOfSet(std::span<const double> null) {
    double positive = 0, negative = 0;
    for (const double es : null) {
      (es >= 0 ? n_positive : n_negative) += 1;
      (es >= 0 ? positive : negative) += std::abs(es);
    }
    if (positive > 0) mean_positive = positive / static_cast<double>(n_positive);
    if (negative > 0) mean_negative = negative / static_cast<double>(n_negative);
  }
  double normalized(double es) const { return es / (es >= 0 ? mean_positive : mean_negative); }
};

/// What is equal but for rounding, as a list turned round, is as extreme.
bool as_large(double es, double observed) { return std::abs(es) >= std::abs(observed) * (1 - 1e-12); }
bool as_extreme(double es, double observed) { return (es >= 0) == (observed >= 0) && as_large(es, observed); }

/// Entries of an ascending list that are at least as extreme as a value, on its side of 0.
std::int64_t count_as_extreme(std::span<const double> sorted, double value) {
  if (value >= 0) return sorted.end() - std::ranges::lower_bound(sorted, value);
  return std::ranges::upper_bound(sorted, value) - sorted.begin();
}

std::int64_t count_of_sign(std::span<const double> sorted, double value) {
  const auto zero = std::ranges::lower_bound(sorted, 0.0);
  return value >= 0 ? sorted.end() - zero : zero - sorted.begin();
}

std::vector<double> sorted_numbers(std::vector<double> values) {
  std::erase_if(values, [](double v) { return std::isnan(v); });
  std::ranges::sort(values);
  return values;
}

/// Subramanian et al. (2005), step 4 of multiple testing, with the observed one counted among those by chance, so that
/// draws never give 0; then the smallest rate at which a set is still taken.
std::vector<double> false_discovery_rates(MPI_Comm comm, std::span<const double> nes, std::vector<double> own_null) {
  const auto null = sorted_numbers(std::move(own_null));
  const auto observed = sorted_numbers({nes.begin(), nes.end()});
  std::vector<std::int64_t> counts;  // of the null: as extreme, of this sign
  for (const double value : nes) {
    counts.push_back(count_as_extreme(null, value));
    counts.push_back(count_of_sign(null, value));
  }
  parallel::sum_over_ranks(comm, counts);
  std::vector<double> fdr(nes.size(), none);
  std::vector<std::size_t> mildest_first;
  for (std::size_t s = 0; s < nes.size(); ++s) {
    if (std::isnan(nes[s])) continue;
    mildest_first.push_back(s);
    const double by_chance = static_cast<double>(1 + counts[2 * s]) / static_cast<double>(1 + counts[2 * s + 1]);
    const double found =
        static_cast<double>(count_as_extreme(observed, nes[s])) / static_cast<double>(count_of_sign(observed, nes[s]));
    fdr[s] = by_chance / found;
  }
  std::ranges::stable_sort(mildest_first, {}, [&](std::size_t s) { return std::abs(nes[s]); });
  double lowest_up = 1, lowest_down = 1;
  for (const auto s : mildest_first) {
    auto& lowest = nes[s] >= 0 ? lowest_up : lowest_down;
    lowest = fdr[s] = std::min(lowest, fdr[s]);
  }
  return fdr;
}

}  // namespace

NullScores by_set(MPI_Comm comm, std::int64_t n_sets, std::span<const double> draws_by_sets) {
  const int ranks = parallel::size_of(comm), rank = parallel::rank_of(comm);
  NullScores null{.sets = parallel::Partition::even(n_sets, ranks)};
  const std::int64_t n_drawn = n_sets == 0 ? 0 : std::ssize(draws_by_sets) / n_sets;
  std::vector<std::vector<double>> send(ranks);
  for (int r = 0; r < ranks; ++r)
    for (auto s = null.sets.begin(r); s < null.sets.end(r); ++s)
      for (std::int64_t b = 0; b < n_drawn; ++b) send[r].push_back(draws_by_sets[b * n_sets + s]);
  const auto received = parallel::exchange(comm, send);
  const auto own = null.sets.n_local(rank);
  null.n = parallel::sum_over_ranks(comm, n_drawn);
  null.score.reserve(own * null.n);
  for (std::int64_t s = 0; s < own; ++s)
    for (const auto& part : received) {
      const auto n = std::ssize(part) / own;
      null.score.insert(null.score.end(), part.begin() + s * n, part.begin() + (s + 1) * n);
    }
  return null;
}

NullComparison compare_with_null(MPI_Comm comm, std::span<const double> observed, const NullScores& null) {
  const auto first = null.sets.begin(parallel::rank_of(comm));
  const auto own = null.sets.n_local(parallel::rank_of(comm));
  std::vector<double> nes(own), p(own), p_both(own), null_nes(null.score.size());
#pragma omp parallel for schedule(static)
  for (std::int64_t s = 0; s < own; ++s) {
    const auto scores = null.of(s);
    const double es = observed[first + s];
    const NullOfSet of_set(scores);
    std::int64_t n_extreme = 0, n_both = 0;
    for (std::int64_t b = 0; b < null.n; ++b) {
      n_extreme += as_extreme(scores[b], es) ? 1 : 0;
      n_both += as_large(scores[b], es) ? 1 : 0;
      null_nes[s * null.n + b] = of_set.normalized(scores[b]);
    }
    const auto n_sign = es >= 0 ? of_set.n_positive : of_set.n_negative;
    nes[s] = of_set.normalized(es);
    p[s] = n_sign > 0 ? static_cast<double>(1 + n_extreme) / static_cast<double>(1 + n_sign) : none;
    p_both[s] = static_cast<double>(1 + n_both) / static_cast<double>(1 + null.n);
  }
  NullComparison found{.n = null.n};
  found.nes = parallel::gather_everywhere<double>(comm, nes);
  found.p = parallel::gather_everywhere<double>(comm, p);
  found.p_both = parallel::gather_everywhere<double>(comm, p_both);
  found.fdr = false_discovery_rates(comm, found.nes, std::move(null_nes));
  return found;
}

}  // namespace miura::enrichment
