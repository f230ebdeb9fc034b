#pragma once

#include <mpi.h>

#include <cstdint>
#include <string>
#include <vector>

#include "miura/matrix/cells.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::planted {

/// Cells of several lots with labels, as one list and as this rank's part of it.
struct LabelledCells {
  std::vector<std::int32_t> lot, label;           ///< all cells
  std::vector<std::vector<std::uint32_t>> count;  ///< all cells x genes
  matrix::DistributedCells cells;
  std::vector<std::int32_t> mine;  ///< labels of this rank's cells
};

/// `partition` says which of all cells are this rank's.
inline void share_out(MPI_Comm comm, LabelledCells& all, const parallel::Partition& partition) {
  const int rank = parallel::rank_of(comm);
  all.cells = {partition, {}};
  all.mine.clear();
  for (auto i = partition.begin(rank); i < partition.end(rank); ++i) {
    all.cells.mine.lot.push_back(all.lot[i]);
    all.cells.mine.barcode.push_back(std::to_string(i));
    for (std::int32_t g = 0; g < std::ssize(all.count[i]); ++g)
      if (all.count[i][g] > 0) all.cells.mine.counts.push(g, all.count[i][g]);
    all.cells.mine.counts.end_row();
    all.mine.push_back(all.label[i]);
  }
}

/// lot_size[l] cells in lot l, n_genes wide, with labels -1 .. n_clusters - 1; deterministic.
inline LabelledCells labelled_cells(MPI_Comm comm, const std::vector<std::int64_t>& lot_size, std::int32_t n_genes,
                                    std::int32_t n_clusters) {
  LabelledCells all;
  std::uint32_t h = 12345;
  const auto next = [&] { return (h = h * 1664525U + 1013904223U) >> 8; };
  for (std::size_t l = 0; l < lot_size.size(); ++l)
    for (std::int64_t i = 0; i < lot_size[l]; ++i) {
      all.lot.push_back(static_cast<std::int32_t>(l));
      all.label.push_back(static_cast<std::int32_t>(next() % static_cast<std::uint32_t>(n_clusters + 1)) - 1);
      auto& row = all.count.emplace_back(n_genes);
      for (auto& count : row)
        if (next() % 3 == 0) count = next() % 11 == 0 ? 70'000 + next() % 1000 : 1 + next() % 5;
    }
  share_out(comm, all, parallel::Partition::even(std::ssize(all.lot), parallel::size_of(comm)));
  return all;
}

}  // namespace miura::planted
