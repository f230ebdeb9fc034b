#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/permutation/rank_tests.hpp"

namespace miura::permutation {

/// One entry a test, in the order of RankTests::pair. Counts are of relabelings that are as extreme on the side asked
/// for; 0 where rho is NaN.
struct FreedmanLaneResult {
  std::int64_t n_relabelings = 0;  ///< all there are, or the drawn ones and the identity: p = count / n_relabelings
  bool exact = false;
  std::vector<double> rho;  ///< partial rank correlation given covariates and strata; NaN where nothing is left
  std::vector<std::int64_t> marginal;     ///< T_b >= T of this test by itself
  std::vector<std::int64_t> single_step;  ///< the largest T_b of all tests >= this test's T
  std::vector<std::int64_t> step_down;    ///< the same over the tests not larger than this one, made monotone

  double p(std::int64_t count) const { return static_cast<double>(count) / static_cast<double>(n_relabelings); }
};

/// Rank correlation of features with outcomes given covariates, by Freedman & Lane (1983): the residuals of the
/// outcome's ranks are relabeled, within strata where there are any, added to the fit, and fitted again. One relabeling
/// serves all tests, so that the largest statistic over tests gives the family-wise error as in max_t (Winkler et al.
/// 2014, NeuroImage 92:381). Valid asymptotically only (APPROX): slightly liberal for 11 to 20 lots.
///
/// `covariate`: n_covariates x n_lots doubled mid-ranks; one that is constant, or made of the strata and the others, is
/// passed over. All relabelings are taken where they are not more than n! of the most lots that stay below the number
/// to be drawn (8 by default), else drawn ones. Values of T that are within 1e-12 of each other are equal. Collective;
/// tests and covariates are replicated, relabelings are dealt over ranks and threads.
FreedmanLaneResult freedman_lane(MPI_Comm comm, const RankTests& tests, std::span<const std::int32_t> covariate,
                                 const Options& options);

/// The statistic by itself: correlation of what covariates and strata leave of the ranks of x and of y; NaN where they
/// leave nothing. `covariate` and `stratum` as above; either may be empty. Not collective.
double partial_rank_correlation(std::span<const std::int32_t> x, std::span<const std::int32_t> y,
                                std::span<const std::int32_t> covariate, std::span<const std::int32_t> stratum);

}  // namespace miura::permutation
