#pragma once

#include <mpi.h>

#include <span>
#include <string>
#include <vector>

#include "miura/association/evidence.hpp"
#include "miura/permutation/rank_tests.hpp"

namespace miura::association {

/// One property of the lots (depth, number of cells, viability, passage ...) against one outcome.
struct ConfounderRow {
  std::string covariate, outcome;
  std::int32_t n = 0;  ///< lots with both
  std::int64_t s = 0;
  double rho = not_computed;
  double p_exact = not_computed;  ///< two-sided, not corrected for their number: a list of warnings, no finding
  std::int64_t n_perm = 0;
  std::string perm_type;
  Status status = Status::ok;
};

/// Spearman's rho of every covariate with every outcome over lots; by covariate, then outcome. What is missing of
/// either leaves the lot out. Collective; replicated.
std::vector<ConfounderRow> confounders(MPI_Comm comm, std::span<const Outcome> covariates,
                                       std::span<const Outcome> outcomes, const permutation::Options& relabelings);

}  // namespace miura::association
