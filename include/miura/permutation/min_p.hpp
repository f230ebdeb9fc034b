#pragma once

#include <mpi.h>

#include <cstdint>
#include <vector>

#include "miura/permutation/rank_tests.hpp"

namespace miura::permutation {

/// Family-wise error over all tests; one entry a test, in the order of RankTests::pair.
struct MinPResult {
  std::int64_t n_relabelings = 0;  ///< all, or the drawn ones and the identity: p = count / n_relabelings
  bool exact = false;
  std::vector<std::int64_t> raw;          ///< relabelings as extreme as the observed one, each test by itself
  std::vector<std::int64_t> single_step;  ///< relabelings whose smallest p over all tests is <= this test's p
  std::vector<std::int64_t> step_down;    ///< the same over the tests with no smaller p, made monotone

  double p(std::int64_t count) const { return static_cast<double>(count) / static_cast<double>(n_relabelings); }
};

/// Westfall & Young (1993), algorithms 2.2 (single-step) and 2.8 (step-down) for p-values: for tests whose ties differ
/// so much that |rho| of one is not comparable with |rho| of the other. p of a test under a relabeling is the share of
/// the same relabelings that are as extreme by options.side: of all of them, or of the drawn ones (Ge, Dudoit & Speed
/// 2003). Equal p are in the order of T.
///
/// Collective; relabelings are dealt over ranks and threads, counts are integers. Memory: 8 bytes x tests x the values
/// that S can take (twice the norm) on every rank, once for equal ties where all relabelings are taken; time: some 2 ns
/// a test and relabeling (drawn: 2 ns a test, relabeling and lot). Throws UsageError above 1 GiB or 2 x 10^11 steps.
MinPResult min_p(MPI_Comm comm, const RankTests& tests, const Options& options);

}  // namespace miura::permutation
