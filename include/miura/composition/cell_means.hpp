#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/matrix/labeling.hpp"
#include "miura/matrix/lots.hpp"
#include "miura/matrix/table.hpp"

namespace miura::composition {

/// A number of each of this rank's cells, NaN where it is not known. Of a mark, 1 or 0, the mean is a share.
struct CellProperty {
  std::string name;
  std::vector<double> value;
};

/// Means of properties over the cells of every cluster and lot: a table of the name, with a row for each cluster of a
/// lot that has cells, the rows `all` of either first. Columns: cluster, lot, cells, and a mean for each property over
/// the cells where it is known (NaN: nowhere). Cells without cluster count in cluster `all` alone. `lot` is the lot of
/// each of this rank's cells.
///
/// Collective; replicated. Values are summed as integers in steps of 2^-32, so same bits on any layout; |value| times
/// the number of cells must stay below 2^31.
matrix::Table cell_means(MPI_Comm comm, std::string name, std::span<const CellProperty> properties,
                         const matrix::Labeling& clusters, std::span<const std::int32_t> lot, const matrix::Lots& lots);

}  // namespace miura::composition
