#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/association/evidence.hpp"
#include "miura/association/options.hpp"
#include "miura/matrix/composition.hpp"

namespace miura::association {

/// One cluster of one partition against one outcome: a row of association.tsv.
struct Row : Evidence {
  std::string integration;
  double resolution = not_computed;
  std::uint64_t seed = 0;
  std::int32_t cluster = 0;
  std::string population;  ///< clusters that are one over the grid; filled by whoever matches partitions
};

struct Result {
  std::vector<Row> rows;  ///< by family, partition, cluster, outcome
  std::vector<Family> families;
  std::vector<std::int32_t> left_out;  ///< lots with too few cells
  std::vector<std::string> warnings;
};

/// Which clusters go with a lot's function: Spearman's rho over lots between the share of a cluster and an outcome,
/// with permutation p-values and the family-wise error over all clusters of all partitions and all outcomes of a family
/// (docs/methods/association.md). Lots are the unit; cells are never counted as independent.
///
/// Families are gated: rows of the second are flagged EXPLORATORY unless the first rejects.
/// Collective; everything is replicated, relabelings are dealt over ranks, and all ranks return the same bits.
/// Throws UsageError for outcomes that are unknown, named twice or not finite. All partitions have the same lots.
Result associate(MPI_Comm comm, std::span<const matrix::Composition> partitions, std::span<const Outcome> outcomes,
                 const Options& options);

}  // namespace miura::association
