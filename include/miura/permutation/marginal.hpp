#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/permutation/rank_tests.hpp"

namespace miura::permutation {

/// Each test by itself; one entry a test, in the order of RankTests::pair.
struct MarginalResult {
  std::int64_t n_relabelings = 0;  ///< all, or the drawn ones and the identity: p = count / n_relabelings
  bool exact = false;
  std::vector<std::int64_t> s;           ///< sum of R_x R_y
  std::vector<double> rho;               ///< Spearman's rho
  std::vector<std::int64_t> two_sided;   ///< relabelings with |S_b| >= |S|; the identity is one of them
  std::vector<std::int64_t> greater;     ///< S_b >= S
  std::vector<std::int64_t> less;        ///< S_b <= S
  std::vector<double> p_min_attainable;  ///< two-sided p of the largest |S| that these ties allow

  double p(std::int64_t count) const { return static_cast<double>(count) / static_cast<double>(n_relabelings); }
};

/// Exact permutation test of every pair, whatever options.side: over all relabelings (within the strata) by dynamic
/// programming for each pattern of ties, or over drawn relabelings with p = (1 + #) / (1 + B) (Phipson & Smyth 2010,
/// SAGMB 9:39). Collective; patterns and draws are dealt over ranks and threads, counts are added as integers. `tests`
/// is replicated.
MarginalResult marginal_tests(MPI_Comm comm, const RankTests& tests, const Options& options);

/// Share of all relabelings (within strata) that reach the largest |S|, or the largest S of one side, for any n:
/// co-monotone pairings counted from the ties.
double smallest_share(std::span<const std::int32_t> x, std::span<const std::int32_t> y,
                      std::span<const std::int32_t> stratum = {}, Side side = Side::two_sided);

}  // namespace miura::permutation
