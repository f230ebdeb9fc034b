#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/permutation/rank_tests.hpp"

namespace miura::permutation {

/// One entry a feature.
struct FreedmanLaneResult {
  std::int64_t n_relabelings = 0;  ///< n!, or the drawn ones and the identity: p = count / n_relabelings
  std::vector<double> rho;  ///< partial rank correlation given the covariate; NaN where nothing is left of a feature
  std::vector<std::int64_t> two_sided;  ///< relabelings with |rho_b| >= |rho|; 0 where rho is NaN

  double p(std::int64_t count) const { return static_cast<double>(count) / static_cast<double>(n_relabelings); }
};

/// Rank correlation of features with an outcome given a covariate, by Freedman & Lane (1983): the residuals of the
/// outcome's ranks are relabeled, added to the fit, and fitted again. Valid asymptotically only (APPROX): slightly
/// liberal for 11 to 20 lots. All n! relabelings where they are not more than would be drawn, else drawn ones.
/// `feature`: n_features x n_lots doubled mid-ranks, replicated; outcome and covariate: n_lots of them.
/// Where covariate or outcome is constant, or the outcome is the covariate, all rho are NaN.
/// Collective; relabelings are dealt over ranks and threads.
FreedmanLaneResult freedman_lane(MPI_Comm comm, std::span<const std::int32_t> feature,
                                 std::span<const std::int32_t> outcome, std::span<const std::int32_t> covariate,
                                 const Options& options);

}  // namespace miura::permutation
