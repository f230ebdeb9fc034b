#pragma once

#include <mpi.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace miura::simulate {

/// A study with a planted truth. The defaults are those of the smallest study that is like a real one: 24 lots of
/// marrow (BM), fat (AD) and cord (UC) cells, eleven of which build the reference.
struct Options {
  std::filesystem::path out = {};  ///< folder to write; must not exist or be empty
  std::string modality = "rna";    ///< rna: UMI counts; image: a table of morphology features
  /// rna: mtx (10x v3 folders, the default), h5 (10x v3), h5ad, or mixed: a v3 folder, a v2 folder, h5, h5ad in turn.
  /// image: table.
  std::string format = {};
  int lots_bm = 11;         ///< role train
  int lots_bm_test = 4;     ///< role test
  int lots_ad = 4;          ///< role query
  int lots_uc = 5;          ///< role query
  int pairs = 0;            ///< marrow lots of a donor before and after a change of the process, role process
  double change = 1;        ///< what that makes of the functional state's share (times); 1: nothing changes
  int cells_per_lot = 300;  ///< mean number of barcodes in a lot, also the few that a quality control should drop
  int genes = 3000;         ///< at least 500; named genes of the planted programmes come first
  double umi = 6000;        ///< median count of a good cell by the newer kit; by the older one 0.6 of it
  bool null = false;        ///< outcomes that are drawn without looking at any fraction
  double rho = 0.8;         ///< Spearman's rho of vegf_ischemia and the functional state's fraction over training lots
  double effect = 1;        ///< scale of the differences between states
  double batch = 1;         ///< scale of the differences between lots and chemistries
  std::uint64_t seed = 1;   ///< lots, cells and outcomes; the biology (levels, programmes) is the same for every seed
};

/// What was planted. The same on every rank.
struct Summary {
  std::vector<std::string> lot;    ///< in the order of the sample sheet
  std::vector<std::string> state;  ///< names of the cell states
  std::string functional_state;    ///< the one that vegf_ischemia is tied to
  std::vector<double> fraction;    ///< n_lots x n_states, row-major: realised share among a lot's good cells
  std::int64_t n_barcodes = 0;
  std::int64_t n_good = 0;      ///< barcodes that hold one healthy cell
  std::int64_t n_nonzeros = 0;  ///< of the count matrices; 0 for images
  double rho_functional = 0;  ///< realised Spearman of fraction and vegf_ischemia over training lots; NaN below 3 lots
};

/// Writes a study as a user's own files would be: `samples.csv`, `data/<lot>...`, `study.ini` (the smallest
/// configuration that runs it), and its truth: `truth/cells.tsv.gz` (lot, barcode, class, state),
/// `truth/fractions.tsv`, `truth/params.json`.
///
/// Every cell is drawn from a random stream of its own, named by (seed, lot, cell): the bytes do not depend on the
/// number of ranks and threads. The folder is filled beside and moved into place at the end, study.ini last.
///
/// Collective over `comm`; lots are shared out over ranks. Memory: one lot as text, and the truth table. Throws
/// UsageError for options out of range, Error(cannot_create) for a folder that is not empty or cannot be made.
/// Method: docs/methods/simulate.md.
Summary write_study(MPI_Comm comm, const Options& options);

}  // namespace miura::simulate
