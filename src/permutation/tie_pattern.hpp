#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "miura/permutation/null_distribution.hpp"

namespace miura::permutation {

/// The sorted ranks of x and of y, stratum by stratum: all that the distribution of S depends on. Many tests share one.
using TiePattern = std::vector<std::pair<std::vector<std::int32_t>, std::vector<std::int32_t>>>;

TiePattern tie_pattern(std::span<const std::int32_t> x, std::span<const std::int32_t> y,
                       const std::vector<std::vector<std::int32_t>>& strata);

/// Of S where every stratum is relabeled by itself: S is the sum of independent parts.
NullDistribution null_distribution(const TiePattern& pattern);

}  // namespace miura::permutation
