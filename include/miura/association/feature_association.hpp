#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/association/evidence.hpp"
#include "miura/association/options.hpp"
#include "miura/matrix/measurements.hpp"

namespace miura::association {

/// One feature against one outcome.
struct FeatureRow : Evidence {
  std::int64_t feature = 0;         ///< row of the measurements
  double statistic = not_computed;  ///< that decides: rho, or t or the standardised rank sum of two groups
};

struct FeatureResult {
  std::vector<FeatureRow> rows;  ///< by family, feature, outcome
  std::vector<Family> families;
  std::vector<std::int32_t> left_out;  ///< lots that most features are missing of
};

/// Which features of lots go with an outcome: the same tests, families and columns as of clusters, for any table.
/// A value that is missing leaves its lot out of the row's own rho and p. The family-wise p-values need common lots: a
/// feature that is missing in one of them is NOT_TESTED (flag INCOMPLETE) and keeps its own p.
/// Collective; everything is replicated, relabelings are dealt over ranks, and all ranks return the same bits.
/// Throws UsageError as `associate`, and for outcomes that do not have two values where groups are compared.
FeatureResult associate_features(MPI_Comm comm, const matrix::Measurements& features, std::span<const Outcome> outcomes,
                                 const Options& options);

/// The rows by themselves, of one family without a correction: nothing is declared. Collective; replicated.
std::vector<FeatureRow> test_features_alone(MPI_Comm comm, const matrix::Measurements& features,
                                            std::span<const Outcome> outcomes, const Options& options);

}  // namespace miura::association
