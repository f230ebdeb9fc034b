#pragma once

#include <mpi.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace miura::simulate {

/// A panel of pluripotent stem-cell lines with a planted truth: expression before differentiation on two platforms, and
/// what the lines become, by qPCR after two ways of culture.
struct BulkOptions {
  std::filesystem::path out = {};  ///< folder to write; must not exist or be empty
  int lines_train = 10;
  int lines_test = 13;
  int genes = 2000;          ///< at least 200; each has one to three probes on the array and as many promoters in CAGE
  bool null = false;         ///< no gene goes with any propensity
  double effect = 0.95;      ///< correlation of a true gene with what it follows, before it is measured
  double outcome_rho = 0.7;  ///< correlation of the propensities: ectoderm against the others, these with each other
  double platform_r2 = 0.8;  ///< squared correlation of a gene's measurements on the two platforms
  double gene_correlation = 0.6;  ///< share of a gene's variance that comes from six programmes it shares with others
  std::uint64_t seed = 1;
};

/// What was planted. The same on every rank.
struct BulkSummary {
  std::int64_t n_genes = 0, n_true = 0, n_array_probes = 0, n_promoters = 0;
  std::string switch_gene;    ///< rises with ectoderm, falls with mesoderm and endoderm
  double rho_switch[3] = {};  ///< Spearman of its expression with the three propensities over training lines
};

/// Writes the panel as a user would have it: array_train.csv, array_test.csv (log2 intensities), cage_train.csv (tags
/// per million), array_genes.csv, cage_genes.csv (probe or promoter to gene), qpcr_<culture>_<set>.csv (Ct; genes x
/// lines, `Undetermined` where nothing came), markers_<layer>.txt, lines.csv (a row a line, with a column of yield),
/// MINE.ini, and the truth: truth.tsv (genes) and truth_lines.tsv (propensities).
///
/// Every gene, marker and line is drawn from a random stream of its own, so the bytes depend on the seed alone; rank 0
/// writes. The folder is filled beside and moved into place at the end, MINE.ini last. Collective. Throws UsageError
/// for options out of range, Error(cannot_create) for a folder that is not empty or cannot be made. Method:
/// docs/methods/simulate.md.
BulkSummary write_bulk(MPI_Comm comm, const BulkOptions& options);

}  // namespace miura::simulate
