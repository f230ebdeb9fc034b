#pragma once

#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/composition.hpp"
#include "miura/matrix/embedding.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/normal_stream.hpp"

namespace miura::comparability::test {

/// Cells of several lots, this rank's part of them.
struct LotCells {
  matrix::Embedding cells;
  std::vector<std::int32_t> lot;
};

/// Gives rank r the cells of its part; `skip` ranks at the beginning get none.
inline LotCells share_out(MPI_Comm comm, const std::vector<float>& value, const std::vector<std::int32_t>& lot,
                          std::int32_t n_dims, int skip = 0) {
  const int ranks = parallel::size_of(comm), working = std::max(1, ranks - skip);
  const int place = parallel::rank_of(comm) - (ranks - working);
  const auto n = std::ssize(lot);
  const auto from = place < 0 ? 0 : n * place / working, to = place < 0 ? 0 : n * (place + 1) / working;
  LotCells mine;
  mine.cells.points = parallel::Partition::from_local(comm, to - from);
  mine.cells.n_dims = n_dims;
  mine.cells.value.assign(value.begin() + from * n_dims, value.begin() + to * n_dims);
  mine.lot.assign(lot.begin() + from, lot.begin() + to);
  return mine;
}

/// Counts of lots whose log shares vary by `sd` about equal ones; cluster 0 of the last lot is moved by `shift`.
inline matrix::Composition simulate_lots(std::int32_t n_lots, std::int32_t n_clusters, std::int64_t cells, double sd,
                                         double shift, std::uint64_t study) {
  matrix::Composition c{.n_lots = n_lots,
                        .n_clusters = n_clusters,
                        .count = std::vector<std::int64_t>(std::int64_t{n_clusters} * n_lots),
                        .lot_size = std::vector<std::int64_t>(n_lots, cells)};
  stats::NormalStream normal(7, stats::Purpose::simulate, study);
  stats::RandomStream random(8, stats::Purpose::simulate, study);
  for (std::int32_t l = 0; l < n_lots; ++l) {
    std::vector<double> sum;
    for (std::int32_t k = 0; k < n_clusters; ++k)
      sum.push_back((k > 0 ? sum.back() : 0.0) + std::exp(sd * normal() + (k == 0 && l == n_lots - 1 ? shift : 0.0)));
    for (std::int64_t i = 0; i < cells; ++i) {
      const auto k = std::ranges::upper_bound(sum, random.uniform() * sum.back()) - sum.begin();
      ++c.count[std::min<std::int64_t>(k, n_clusters - 1) * n_lots + l];
    }
  }
  return c;
}

}  // namespace miura::comparability::test
