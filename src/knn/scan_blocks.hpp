#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

#include "knn/panels.hpp"
#include "knn/query_tiles.hpp"
#include "knn/ring.hpp"
#include "knn/scan.hpp"
#include "miura/base/error.hpp"
#include "miura/knn/search.hpp"
#include "miura/matrix/embedding.hpp"

namespace miura::knn {

inline void validate(const matrix::Embedding& points, const matrix::Embedding& queries, const SearchOptions& options) {
  if (options.k < 1)
    throw UsageError("the number of nearest neighbours must be at least 1, not " + std::to_string(options.k));
  if (points.n_dims != queries.n_dims) throw std::logic_error("points and queries differ in their dimensions");
}

/// Small enough that every thread has work, large enough that a panel is used often once it is in the cache.
inline std::int32_t queries_per_block(std::int64_t n_queries, std::int32_t most) {
  const auto share = (n_queries + omp_get_max_threads() - 1) / omp_get_max_threads();
  const auto whole_tiles = (share + tile_width - 1) / tile_width * tile_width;
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(whole_tiles, 2 * tile_width, most));
}

/// All of this rank's queries against one piece of the points. `make_tiles(most)` makes what a thread scans with, a
/// QueryTiles; `begin(tiles, block)` starts it on a block of at most `most` queries.
template <class MakeTiles, class Begin, class Progress>
void scan_blocks(const Piece& piece, const matrix::Embedding& queries, std::int32_t most, const Centring& centring,
                 MakeTiles&& make_tiles, Begin&& begin, Progress&& progress) {
  const auto n_queries = queries.n_local();
  if (n_queries == 0) return;
  const auto n_dims = queries.n_dims;
  const auto per_block = queries_per_block(n_queries, most);
  const auto n_blocks = (n_queries + per_block - 1) / per_block;
  const Panels panels(piece.rows, piece.size, n_dims, centring);
#pragma omp parallel if (n_blocks > 1)
  {
    auto tiles = make_tiles(per_block);
#pragma omp for schedule(dynamic)
    for (std::int64_t b = 0; b < n_blocks; ++b) {
      const auto from = b * per_block, to = std::min(n_queries, from + per_block);
      const auto rows = std::span(queries.value).subspan(from * n_dims, (to - from) * n_dims);
      begin(tiles, QueryBlock{from, static_cast<std::int32_t>(to - from), rows});
      for (std::int64_t p = 0; p < panels.size(); ++p)
        scan_panel(panels[p], n_dims, static_cast<std::int32_t>(p * panel_width), tiles);
      tiles.finish();
      if (omp_get_thread_num() == 0) progress();
    }
  }
}

}  // namespace miura::knn
