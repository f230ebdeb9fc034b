#include "miura/permutation/sign_flips.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <vector>

#include "miura/stats/random.hpp"

namespace miura::permutation {

namespace {

/// Differences in units of 2^-40 of the sum of their sizes; sums of equal size are the same but for one unit a lot.
std::vector<std::int64_t> in_units(std::span<const double> difference) {
  double sizes = 0.0;
  for (const double d : difference) sizes += std::abs(d);
  std::vector<std::int64_t> units;
  for (const double d : difference) units.push_back(sizes > 0.0 ? std::llrint(std::ldexp(d / sizes, 40)) : 0);
  return units;
}

/// Visits the sum under every flip, the first of which changes no sign.
template <class Visit>
void for_each_sum(const std::vector<std::int64_t>& difference, std::int64_t n_flips, bool exact, std::uint64_t seed,
                  Visit&& visit) {
  auto sum = std::reduce(difference.begin(), difference.end());
  if (exact) {
    std::vector<std::int64_t> signed_difference = difference;
    for (std::int64_t b = 0; b < n_flips; ++b) {  // Gray code: from flip to flip one lot changes its sign
      if (b > 0) {
        auto& changed = signed_difference[std::countr_zero(static_cast<std::uint64_t>(b))];
        sum -= 2 * changed;
        changed = -changed;
      }
      visit(sum);
    }
    return;
  }
  visit(sum);
  for (std::int64_t b = 1; b < n_flips; ++b) {
    stats::RandomStream random(seed, stats::Purpose::sign_flip, static_cast<std::uint64_t>(b));
    std::int64_t drawn = 0;
    for (const auto d : difference) drawn += random() >> 31 ? -d : d;
    visit(drawn);
  }
}

}  // namespace

SignFlipResult sign_flip_test(std::span<const double> difference, const Options& options) {
  check(options);
  const auto n = std::ssize(difference);
  const auto units = in_units(difference);
  SignFlipResult result;
  result.mean = n > 0 ? std::accumulate(difference.begin(), difference.end(), 0.0) / static_cast<double>(n)
                      : std::numeric_limits<double>::quiet_NaN();
  result.exact = n < 62 && (std::int64_t{1} << n) <= options.permutations + 1;
  result.n_flips = result.exact ? std::int64_t{1} << n : options.permutations + 1;

  const auto extreme = [side = options.side](std::int64_t sum) {
    return side == Side::two_sided ? std::abs(sum) : side == Side::greater ? sum : -sum;
  };
  const auto observed = extreme(std::reduce(units.begin(), units.end())) - n;
  for_each_sum(units, result.n_flips, result.exact, options.seed,
               [&](std::int64_t sum) { result.as_extreme += extreme(sum) >= observed ? 1 : 0; });

  const auto signed_lots = n - std::ranges::count(units, 0);
  const auto n_alike = options.side == Side::two_sided && signed_lots > 0 ? signed_lots - 1 : signed_lots;
  result.p_min_attainable = std::ldexp(1.0, -static_cast<int>(n_alike));
  if (!result.exact)
    result.p_min_attainable = std::max(result.p_min_attainable, 1.0 / static_cast<double>(result.n_flips));
  return result;
}

}  // namespace miura::permutation
