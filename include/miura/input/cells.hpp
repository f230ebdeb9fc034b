#pragma once

#include <mpi.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "miura/matrix/cells.hpp"
#include "miura/matrix/features.hpp"
#include "miura/matrix/lots.hpp"

namespace miura::input {

struct CellsOptions {
  std::string join = "inner";  ///< features in every lot ("inner") or in any ("outer", absent counts are 0)
  std::string layer = {};      ///< h5ad: the layer that holds counts; empty: X, or raw.X if X holds no counts
  std::string feature_type = "Gene Expression";  ///< of 10x files with several; empty: all
  std::string genome = {};                       ///< of 10x files with several
};

/// Which features a study has: those of the lots that make its reference, so that further lots change nothing in it.
struct FeatureChoice {
  std::vector<std::uint8_t> joins = {};     ///< marks the lots whose features are joined; empty: all
  const matrix::Features* given = nullptr;  ///< features of an earlier study; then no lot joins
};

/// What became of one lot.
struct LotReport {
  std::int64_t cells_read = 0;
  std::int32_t features_in_file = 0;
  std::int32_t features_of_other_type = 0;  ///< not of the wanted feature type or genome
  std::int32_t features_dropped = 0;        ///< wanted, but not a feature of the study
  bool from_raw = false;                    ///< h5ad: X holds no counts, raw.X does
};

/// The files that read_cells() reads for a lot: its matrix, and of a 10x folder the features and barcodes beside it.
/// NotFoundError or InputError where there are none. Not collective.
std::vector<std::filesystem::path> count_files(const matrix::Lot& lot, const CellsOptions& options);

struct CellsRead {
  matrix::Features features;            ///< joined, replicated
  bool is_table = false;                ///< image features or a panel: CellBlock::table in place of counts
  std::vector<matrix::CellBlock> lots;  ///< the lots that this rank has read: cells ascending by barcode
  std::vector<LotReport> report;        ///< all lots, replicated
  /// Columns that the file of a lot lacks, ascending; all lots, replicated. Empty for lots that join: there an absent
  /// count is 0 by choice (join = outer).
  std::vector<std::vector<std::int32_t>> missing;
};

/// Reads the cells of all lots: 10x folders (MTX) and HDF5 files, AnnData and MuData, or plain tables of features; see
/// docs/methods/input.md. A lot is read by one rank, a file by the one that will own most of its cells, and
/// the lots of a pooled file are shared out.
///
/// Features are joined by Ensembl gene id (without version) where there is one, else by symbol, duplicates of which are
/// made unique as scanpy does; lots without any Ensembl id are joined to the others by symbol. Their order is that of
/// the first lot with ids, whatever the order of the sheet. Columns of `lots` are in that order. Lots that do not join
/// bring what they have of these features; a table must have all of them.
///
/// Collective. All errors are InputError or NotFoundError, with file, row and lot. A rank holds its own lots and about
/// one lot's text. What comes back goes to matrix::distribute.
CellsRead read_cells(MPI_Comm comm, const matrix::Lots& lots, const CellsOptions& options,
                     const FeatureChoice& choice = {});

}  // namespace miura::input
