#pragma once

#include <hdf5.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "input/count_file.hpp"
#include "miura/matrix/cells.hpp"

namespace miura::input {

/// A matrix of counts in an HDF5 file.
struct StoredMatrix {
  enum class Layout { by_cell, by_feature, dense } layout = Layout::by_cell;
  std::string path;  ///< of the dataset, or of the group with indptr, indices and data
  std::int64_t n_cells = 0, n_features = 0;
};

/// Whether the first 100,000 stored values are whole and not negative.
bool looks_like_counts(hid_t at, const StoredMatrix& matrix);

/// Nonzeros of the matrix: of a sparse one those it stores, of a dense one estimated from its first rows.
std::int64_t expected_entries(hid_t at, const StoredMatrix& matrix);

/// Which cells of a file are wanted, and for which block each.
struct WantedCells {
  std::vector<std::int32_t> block;       ///< of each cell of the file; -1: not wanted
  std::vector<std::int64_t> row;         ///< within its block
  std::vector<std::int64_t> n_rows;      ///< of each block
  std::span<const std::string> barcode;  ///< of each cell of the file, for messages
  std::vector<Where> where;              ///< of each block, for messages
};

/// The counts of the wanted cells, a set of rows per block. The file is streamed once (by feature: its indices twice)
/// in slabs of some MB. Every value of a wanted cell is checked: InputError for what is no count.
std::vector<matrix::CountRows> read_stored_matrix(hid_t at, const StoredMatrix& matrix, const WantedCells& wanted,
                                                  const JoinedColumns& columns);

}  // namespace miura::input
