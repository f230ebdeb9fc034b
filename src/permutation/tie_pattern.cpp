#include "permutation/tie_pattern.hpp"

#include <algorithm>

namespace miura::permutation {

namespace {

std::vector<std::int32_t> sorted_ranks(std::span<const std::int32_t> ranks, const std::vector<std::int32_t>& lots) {
  std::vector<std::int32_t> sorted;
  for (const auto l : lots) sorted.push_back(ranks[l]);
  std::ranges::sort(sorted);
  return sorted;
}

}  // namespace

TiePattern tie_pattern(std::span<const std::int32_t> x, std::span<const std::int32_t> y,
                       const std::vector<std::vector<std::int32_t>>& strata) {
  TiePattern pattern;
  for (const auto& lots : strata) pattern.emplace_back(sorted_ranks(x, lots), sorted_ranks(y, lots));
  return pattern;
}

NullDistribution null_distribution(const TiePattern& pattern) {
  auto all = null_distribution(pattern.front().first, pattern.front().second);
  for (auto part = pattern.begin() + 1; part != pattern.end(); ++part)
    all = sum_of_independent(all, null_distribution(part->first, part->second));
  return all;
}

}  // namespace miura::permutation
