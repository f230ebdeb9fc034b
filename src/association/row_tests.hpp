#pragma once

#include <mpi.h>

#include <functional>
#include <span>
#include <vector>

#include "association/tested.hpp"
#include "miura/association/feature_association.hpp"

namespace miura::association {

/// Tests the rows at these places over common lots, and fills their columns. Collective.
using TestTogether = std::function<void(const std::vector<std::int64_t>& members, const Lots& lots)>;

/// How the rows of a family get their p-values.
struct RowTests {
  bool outcomes_apart = false;  ///< no relabeling serves two outcomes at once
  TestTogether alone;           ///< p_exact, p_min_attainable, n_perm, perm_type
  TestTogether family;          ///< p_max_t_*
};

/// By ranks: Spearman, aligned within strata, or Freedman & Lane.
RowTests rank_tests(MPI_Comm comm, std::span<Tested> rows, const LotDesign& design, const Options& options);

/// Of two groups; also fills `statistic` of the rows, which are those of `tested` in the same order.
RowTests group_tests(MPI_Comm comm, std::span<Tested> tested, std::span<FeatureRow> rows, const Options& options);

/// UsageError where two groups are asked for and an outcome has not two values, or there are strata or a covariate.
void check_groups(std::span<const Outcome> outcomes, const Options& options);

}  // namespace miura::association
