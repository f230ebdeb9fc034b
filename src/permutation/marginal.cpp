#include "miura/permutation/marginal.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "miura/parallel/communicator.hpp"
#include "miura/stats/ranks.hpp"
#include "permutation/family.hpp"
#include "permutation/tie_pattern.hpp"

namespace miura::permutation {

namespace {

/// log of the number of relabelings that pair equal blocks of the sorted x and the sorted y: lots of a tied group of x
/// in any order, and any of the equal outcomes to any group that takes them.
double log_comonotone(const std::vector<std::int32_t>& x, const std::vector<std::int32_t>& y) {
  std::map<std::int32_t, int> x_size, y_size;
  std::map<std::pair<std::int32_t, std::int32_t>, int> shared;
  for (std::size_t l = 0; l < x.size(); ++l) {
    ++x_size[x[l]];
    ++y_size[y[l]];
    ++shared[{x[l], y[l]}];
  }
  double sum = 0.0;
  for (const auto& [value, size] : x_size) sum += std::lgamma(size + 1.0);
  for (const auto& [value, size] : y_size) sum += std::lgamma(size + 1.0);
  for (const auto& [values, size] : shared) sum -= std::lgamma(size + 1.0);
  return sum;
}

void count_exactly(MPI_Comm comm, const Family& family, MarginalResult& result) {
  const auto& tests = family.tests;
  std::map<TiePattern, std::vector<std::int64_t>> tests_of;
  for (std::int64_t i = 0; i < tests.size(); ++i)
    tests_of[tie_pattern(tests.x(i), tests.y(i), family.relabelings.strata())].push_back(i);
  std::vector<decltype(tests_of)::const_iterator> pattern;
  for (auto it = tests_of.cbegin(); it != tests_of.cend(); ++it) pattern.push_back(it);

  std::vector<std::int64_t> most_extreme(tests.size());
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t i = rank; i < std::ssize(pattern); i += ranks) {
    const auto& [ties, members] = *pattern[i];
    const auto null = null_distribution(ties);
    for (const auto test : members) {
      result.two_sided[test] = null.as_extreme(result.s[test]);
      result.greater[test] = null.at_least(result.s[test]);
      result.less[test] = null.at_most(result.s[test]);
      most_extreme[test] = null.most_extreme();
    }
  }
  for (auto* part : {&result.two_sided, &result.greater, &result.less, &most_extreme})
    parallel::sum_over_ranks(comm, *part);  // each pattern is zero on every rank but one
  for (std::int64_t i = 0; i < tests.size(); ++i) result.p_min_attainable[i] = result.p(most_extreme[i]);
}

void count_drawn(MPI_Comm comm, const Family& family, MarginalResult& result) {
  const auto counts = count_drawn_relabelings(comm, family, Counted::alone);
  const auto& tests = family.tests;
  for (std::int64_t q = 0; q < tests.size(); ++q) {
    const auto test = family.order[q];
    result.two_sided[test] = counts.two_sided[q];
    result.greater[test] = counts.greater[q];
    result.less[test] = counts.less[q];
    result.p_min_attainable[test] = std::max(result.p(1), smallest_share(tests.x(test), tests.y(test), tests.stratum));
  }
}

}  // namespace

double smallest_share(std::span<const std::int32_t> x, std::span<const std::int32_t> y,
                      std::span<const std::int32_t> stratum, Side side) {
  std::int64_t highest = 0, lowest = 0;
  double log_highest = 0.0, log_lowest = 0.0;  // shares of the relabelings that reach them
  const Relabelings relabelings(static_cast<std::int32_t>(std::ssize(x)), stratum, {});
  for (const auto& [up, other] : tie_pattern(x, y, relabelings.strata())) {
    const std::vector<std::int32_t> down(up.rbegin(), up.rend());
    const auto log_all = std::lgamma(static_cast<double>(up.size()) + 1.0);
    highest += stats::spearman_s(up, other);
    lowest += stats::spearman_s(down, other);
    log_highest += log_comonotone(up, other) - log_all;
    log_lowest += log_comonotone(down, other) - log_all;
  }
  if (side != Side::two_sided) return std::min(std::exp(side == Side::greater ? log_highest : log_lowest), 1.0);
  double share = 0.0;
  if (highest >= -lowest) share += std::exp(log_highest);
  if (-lowest >= highest) share += std::exp(log_lowest);
  return std::min(share, 1.0);  // both are all where no relabeling changes anything
}

MarginalResult marginal_tests(MPI_Comm comm, const RankTests& tests, const Options& options) {
  auto both_sides = options;
  both_sides.side = Side::two_sided;
  const Family family(tests, both_sides);
  MarginalResult result;
  result.exact = family.relabelings.exact();
  result.n_relabelings = family.relabelings.size();
  result.s = family.s;
  for (std::int64_t i = 0; i < tests.size(); ++i)
    result.rho.push_back(static_cast<double>(family.s[i]) / family.norm[i]);
  for (auto* part : {&result.two_sided, &result.greater, &result.less}) part->resize(tests.size());
  result.p_min_attainable.resize(tests.size());
  if (tests.size() == 0) return result;
  if (result.exact)
    count_exactly(comm, family, result);
  else
    count_drawn(comm, family, result);
  return result;
}

}  // namespace miura::permutation
