#pragma once

#include <mpi.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/run_options.hpp"
#include "app/study.hpp"
#include "miura/matrix/pseudobulk.hpp"

namespace miura::app {

/// Two conditions of the same donors, e.g. stimulated cells against control, over the training lots.
struct Conditions {
  std::string first, second;              ///< names; differences are first less second
  std::vector<std::string> pair;          ///< donors that have lots of both
  std::vector<std::int32_t> pair_of_lot;  ///< of all lots; -1: takes no part
  std::vector<std::uint8_t> is_first;     ///< of all lots

  bool any() const noexcept { return !pair.empty(); }
};

/// By the columns of the sample sheet that the options name; none where they name none. InputError for columns, and
/// UsageError for conditions, that the sheet does not have, and where fewer than two donors have both. Not collective.
Conditions read_conditions(const matrix::Lots& lots, const RunOptions& o, const std::filesystem::path& sheet);

/// Counts of one group of cells (0: all, 1 + cluster) with donors in the place of lots, and as clusters 0 and 1 the
/// first and the second condition: what markers::lot_consistency() compares donor by donor.
matrix::Pseudobulk sums_of_conditions(const matrix::Pseudobulk& sums, std::int32_t group, const Conditions& conditions);

/// Genes of all cells and of each primary cluster that are higher, or lower, in the first condition than in the second
/// one of the same donor, ranked by what donors agree on: tables/condition_genes.tsv. Collective.
matrix::Table condition_genes(MPI_Comm comm, const Study& study, const matrix::Pseudobulk& sums,
                              const Conditions& conditions, const RunOptions& o);

}  // namespace miura::app
