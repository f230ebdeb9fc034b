#include "miura/permutation/rank_tests.hpp"

#include <algorithm>
#include <stdexcept>

#include "miura/base/error.hpp"

namespace miura::permutation {

void RankTests::pair_all() {
  pair.clear();
  if (n_lots == 0) return;
  const auto n_features = static_cast<std::int32_t>(std::ssize(feature) / n_lots);
  const auto n_outcomes = static_cast<std::int32_t>(std::ssize(outcome) / n_lots);
  for (std::int32_t f = 0; f < n_features; ++f)
    for (std::int32_t m = 0; m < n_outcomes; ++m) pair.push_back({f, m});
}

std::int64_t factorial(std::int32_t n) {
  std::int64_t product = 1;
  for (std::int32_t i = 2; i <= n; ++i) product *= i;
  return product;
}

void check(const Options& options) {
  if (options.exact_up_to > 14) throw UsageError("all relabelings of more than 14 lots are too many to enumerate");
  if (options.permutations < 1) throw UsageError("at least one relabeling must be drawn");
}

void check(const RankTests& tests, const Options& options) {
  check(options);
  if (!tests.stratum.empty() && std::ssize(tests.stratum) != tests.n_lots)
    throw std::logic_error("every lot needs a stratum, or none");
  const auto constant = [](std::span<const std::int32_t> ranks) {
    return std::ranges::all_of(ranks, [](std::int32_t r) { return r == 0; });
  };
  for (std::int64_t t = 0; t < tests.size(); ++t) {
    const auto [f, m] = tests.pair[t];
    if (f < 0 || m < 0 || std::int64_t{f + 1} * tests.n_lots > std::ssize(tests.feature) ||
        std::int64_t{m + 1} * tests.n_lots > std::ssize(tests.outcome))
      throw std::logic_error("a test names a feature or outcome that is not there");
    if (constant(tests.x(t)) || constant(tests.y(t))) throw std::logic_error("a constant cannot be tested");
  }
}

}  // namespace miura::permutation
