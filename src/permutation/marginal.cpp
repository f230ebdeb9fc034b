#include "miura/permutation/marginal.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "miura/parallel/communicator.hpp"
#include "miura/permutation/null_distribution.hpp"
#include "permutation/family.hpp"

namespace miura::permutation {

namespace {

/// log of the number of relabelings that pair equal blocks of the sorted x and the sorted y: lots of a tied group of x
/// in any order, and any of the equal outcomes to any group that takes them.
double log_comonotone(std::vector<std::int32_t> x, std::vector<std::int32_t> y) {
  std::ranges::sort(x);
  std::ranges::sort(y);
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

std::int64_t sorted_s(std::vector<std::int32_t> x, std::vector<std::int32_t> y) {
  std::ranges::sort(x);
  std::ranges::sort(y);
  std::int64_t sum = 0;
  for (std::size_t l = 0; l < x.size(); ++l) sum += std::int64_t{x[l]} * y[l];
  return sum;
}

/// Counts of every test from the distribution of its pattern of ties, which many tests share.
void count_exactly(MPI_Comm comm, const RankTests& tests, MarginalResult& result) {
  std::map<std::pair<std::vector<std::int32_t>, std::vector<std::int32_t>>, std::vector<std::int64_t>> tests_of;
  const auto sorted = [](std::span<const std::int32_t> ranks) {
    std::vector<std::int32_t> copy(ranks.begin(), ranks.end());
    std::ranges::sort(copy);
    return copy;
  };
  for (std::int64_t i = 0; i < tests.size(); ++i) tests_of[{sorted(tests.x(i)), sorted(tests.y(i))}].push_back(i);
  std::vector<decltype(tests_of)::const_iterator> pattern;
  for (auto it = tests_of.cbegin(); it != tests_of.cend(); ++it) pattern.push_back(it);

  std::vector<std::int64_t> most_extreme(tests.size());
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t i = rank; i < std::ssize(pattern); i += ranks) {
    const auto& [ties, members] = *pattern[i];
    const auto null = null_distribution(ties.first, ties.second);
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
  const auto counts = count_drawn_relabelings(comm, family);
  for (std::int64_t q = 0; q < family.tests.size(); ++q) {
    const auto test = family.order[q];
    result.two_sided[test] = counts.two_sided[q];
    result.greater[test] = counts.greater[q];
    result.less[test] = counts.less[q];
    result.p_min_attainable[test] = std::max(result.p(1), smallest_share(family.tests.x(test), family.tests.y(test)));
  }
}

}  // namespace

double smallest_share(std::span<const std::int32_t> x, std::span<const std::int32_t> y) {
  const std::vector<std::int32_t> up(x.begin(), x.end()), other(y.begin(), y.end());
  auto down = up;
  for (auto& rank : down) rank = -rank;
  const auto highest = sorted_s(up, other), lowest = -sorted_s(down, other);
  const auto log_all = std::lgamma(static_cast<double>(x.size()) + 1.0);
  double share = 0.0;
  if (highest >= -lowest) share += std::exp(log_comonotone(up, other) - log_all);
  if (-lowest >= highest) share += std::exp(log_comonotone(down, other) - log_all);
  return share;
}

MarginalResult marginal_tests(MPI_Comm comm, const RankTests& tests, const Options& options) {
  const Family family(tests, options);
  MarginalResult result;
  result.exact = family.exact;
  result.n_relabelings = family.exact ? factorial(tests.n_lots) : options.permutations + 1;
  result.s = family.s;
  for (std::int64_t i = 0; i < tests.size(); ++i) result.rho.push_back(family.s[i] / family.norm[i]);
  for (auto* part : {&result.two_sided, &result.greater, &result.less}) part->resize(tests.size());
  result.p_min_attainable.resize(tests.size());
  if (tests.size() == 0) return result;
  if (family.exact)
    count_exactly(comm, tests, result);
  else
    count_drawn(comm, family, result);
  return result;
}

}  // namespace miura::permutation
