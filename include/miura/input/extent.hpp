#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/input/cells.hpp"
#include "miura/matrix/lots.hpp"

namespace miura::input {

/// How much the files of a lot hold, before quality control and before features are joined.
struct LotExtent {
  std::int64_t cells = 0;
  std::int64_t features = 0;  ///< of every type
  std::int64_t entries = 0;   ///< counts that are not 0; of a table all its values
  std::int64_t bytes = 0;     ///< of the file, an equal part of a pooled one
};

/// An entry per lot, from the headers of Matrix Market files and the shapes in HDF5 files alone: no count is read, so a
/// thousand lots take seconds. Estimated where no header tells: the cells of a table from its size and its first line
/// of values, the nonzeros of a dense matrix from its first rows, and the lots of a pooled file as equal parts of it.
///
/// InputError or NotFoundError where a file is missing or its beginning cannot be read. Not collective.
std::vector<LotExtent> extents(const matrix::Lots& lots, const CellsOptions& options);

/// The rank that reads each of these files, in order of their lots: the one in whose share of all bytes the middle of
/// the file lies. Ranks own cells in that order, so that most of what a rank reads stays with it.
std::vector<int> readers(std::span<const std::int64_t> bytes, int ranks);

}  // namespace miura::input
