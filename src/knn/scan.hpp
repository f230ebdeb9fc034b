#pragma once

#include <cstdint>

#include "knn/query_tiles.hpp"

namespace miura::knn {

/// Scores all queries of the block against the 48 points of a panel and keeps those that reach a threshold.
/// `first` is the position in the piece of the panel's first point. Uses AVX-512, AVX2 or what the processor has.
void scan_panel(const float* panel, std::int32_t n_dims, std::int32_t first, QueryTiles& tiles);

}  // namespace miura::knn
