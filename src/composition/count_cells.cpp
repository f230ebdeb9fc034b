#include "miura/composition/count_cells.hpp"

#include "miura/parallel/communicator.hpp"

namespace miura::composition {

matrix::Composition count_cells(MPI_Comm comm, std::span<const std::int32_t> lot, std::span<const std::int32_t> cluster,
                                std::int32_t n_lots, std::int32_t n_clusters) {
  matrix::Composition found{.n_lots = n_lots, .n_clusters = n_clusters, .count = {}, .lot_size = {}};
  found.count.resize(std::int64_t{n_clusters} * n_lots);
  found.lot_size.resize(n_lots);
  for (std::size_t i = 0; i < lot.size(); ++i)
    if (cluster[i] >= 0) ++found.count[cluster[i] * n_lots + lot[i]];
  parallel::sum_over_ranks(comm, found.count);
  for (std::int32_t c = 0; c < n_clusters; ++c)
    for (std::int32_t l = 0; l < n_lots; ++l) found.lot_size[l] += found.cells(c, l);
  return found;
}

}  // namespace miura::composition
