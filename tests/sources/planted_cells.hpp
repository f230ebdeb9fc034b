#pragma once

#include <mpi.h>

#include <cmath>
#include <string>
#include <vector>

#include "miura/matrix/cells.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/sources/marker_cells.hpp"
#include "miura/stats/random.hpp"

namespace miura::test {

/// Cells of lots with counts of some genes, of which any rank can take its part.
struct PlantedCells {
  std::vector<std::int32_t> lot, label;
  std::vector<std::vector<std::uint32_t>> counts;  ///< cells x genes

  void add(std::int32_t of_lot, std::int32_t of_label, std::vector<std::uint32_t> of_genes) {
    lot.push_back(of_lot);
    label.push_back(of_label);
    counts.push_back(std::move(of_genes));
  }
  std::int64_t size() const { return std::ssize(lot); }

  /// Counted by all ranks of `comm` together. Ranks beyond the cells own none.
  sources::MarkerCells counted(MPI_Comm comm, std::int32_t declared, const std::vector<std::int32_t>& column,
                               std::int32_t n_lots) const {
    const int rank = parallel::rank_of(comm);
    matrix::DistributedCells cells{.partition = parallel::Partition::even(size(), parallel::size_of(comm)), .mine = {}};
    std::vector<std::int32_t> mine;
    for (auto i = cells.partition.begin(rank); i < cells.partition.end(rank); ++i) {
      cells.mine.lot.push_back(lot[i]);
      cells.mine.barcode.push_back(std::to_string(i));
      mine.push_back(label[i]);
      for (std::int32_t g = 0; g < std::ssize(counts[i]); ++g)
        if (counts[i][g] > 0) cells.mine.counts.push(g, counts[i][g]);
      cells.mine.counts.end_row();
    }
    return sources::count_markers(comm, cells, mine, declared, column, n_lots, {});
  }
};

/// Poisson by counting arrivals; for small means.
inline std::uint32_t poisson(stats::RandomStream& random, double mean) {
  std::uint32_t n = 0;
  for (double left = mean + std::log1p(-random.uniform()); left > 0; left += std::log1p(-random.uniform())) ++n;
  return n;
}

}  // namespace miura::test
