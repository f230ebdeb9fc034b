#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/permutation/relabelings.hpp"
#include "neighborhood/ranked_rows.hpp"

namespace miura::neighborhood {

/// The largest |rho| between the rows and the outcome's ranks under each of the relabelings `first` .. `last` - 1; 0
/// without rows. `outcome`: doubled mid-ranks, not constant. Exact: |S| is an integer, and each maximum of a group of
/// rows is multiplied by its norms once. Not collective; threads share the relabelings.
template <class Lane>
std::vector<double> largest_rho(const RankedRows<Lane>& rows, std::span<const std::int32_t> outcome,
                                const permutation::Relabelings& relabelings, std::int64_t first, std::int64_t last);

}  // namespace miura::neighborhood
