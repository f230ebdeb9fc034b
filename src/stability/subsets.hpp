#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace miura::stability {

/// Which of the cells `first`, first + 1, ... stay in a replicate, each with probability `share`.
std::vector<std::uint8_t> draw_cells(std::uint64_t seed, std::int32_t replicate, double share, std::int64_t first,
                                     std::int64_t n);

/// As many lots as there are, drawn with replacement; each that was drawn once, ascending.
std::vector<std::int32_t> draw_lots(std::uint64_t seed, std::int32_t replicate, std::span<const std::int32_t> lots);

/// The lots in a random order.
std::vector<std::int32_t> shuffle_lots(std::uint64_t seed, std::int32_t replicate, std::span<const std::int32_t> lots);

/// How many lots to try: 2, 3, 4, 5, 6, 8, 10, 13, ... (by a third, at least by one), and n - 1.
std::vector<std::int32_t> lot_numbers(std::int32_t n);

}  // namespace miura::stability
