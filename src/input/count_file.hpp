#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "input/feature_table.hpp"
#include "miura/input/extent.hpp"
#include "miura/matrix/cells.hpp"
#include "miura/matrix/lots.hpp"

namespace miura::input {

/// A file of counts (or a 10x folder) and the lots in it: one, or several of a pooled AnnData file.
struct CountFile {
  enum class Format { mtx, hdf5, table } format;
  std::filesystem::path matrix;              ///< the file itself, or the folder's matrix
  std::filesystem::path features, barcodes;  ///< of a folder
  std::int64_t bytes = 0;                    ///< of the matrix: what there is to read
  std::vector<std::int32_t> lots = {};       ///< ascending
};

/// Finds out what a lot's path holds. NotFoundError or InputError.
CountFile locate_counts(const matrix::Lot& lot, const std::string& genome);

/// All files of the study; a pooled file once, with all its lots. Files in order of their first lot.
std::vector<CountFile> locate_all(const matrix::Lots& lots, const CellsOptions& options);

/// What is known of a file's features when its counts are read.
struct JoinedColumns {
  const LotFeatures& features;
  std::span<const std::int32_t> column;  ///< of each feature in the joined order, -1: drop
  std::int32_t n_columns;

  /// What a feature is called in messages.
  const std::string& name(std::int64_t feature) const {
    return features.symbol[feature].empty() ? features.key[feature] : features.symbol[feature];
  }
};

/// One format a row. Features in the order of the file; blocks in the order of CountFile::lots.
FeatureTable read_mtx_features(const CountFile& file, const matrix::Lots& lots);
std::vector<matrix::CellBlock> read_mtx(const CountFile& file, const matrix::Lots& lots, const JoinedColumns& columns);

FeatureTable read_table_features(const CountFile& file, const matrix::Lots& lots);
std::vector<matrix::CellBlock> read_table(const CountFile& file, const matrix::Lots& lots,
                                          const JoinedColumns& columns);

FeatureTable read_hdf5_features(const CountFile& file, const matrix::Lots& lots, const CellsOptions& options,
                                bool& from_raw);
std::vector<matrix::CellBlock> read_hdf5(const CountFile& file, const matrix::Lots& lots, const CellsOptions& options,
                                         const JoinedColumns& columns);
/// Of the whole file, from the shapes of what it holds.
LotExtent read_hdf5_extent(const CountFile& file, const matrix::Lots& lots, const CellsOptions& options);

}  // namespace miura::input
