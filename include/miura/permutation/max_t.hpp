#pragma once

#include <mpi.h>

#include <cstdint>
#include <vector>

#include "miura/permutation/rank_tests.hpp"

namespace miura::permutation {

/// Family-wise error over all tests; one entry a test, in the order of RankTests::pair.
struct MaxTResult {
  std::int64_t n_relabelings = 0;  ///< all, or the drawn ones and the identity: p = count / n_relabelings
  bool exact = false;
  std::vector<double> t;                  ///< |rho|, rho or -rho by options.side
  std::vector<std::int64_t> single_step;  ///< relabelings whose largest T over all tests is >= this test's
  std::vector<std::int64_t> step_down;    ///< the same over the tests not larger than this one, made monotone

  double p(std::int64_t count) const { return static_cast<double>(count) / static_cast<double>(n_relabelings); }
};

/// Westfall & Young (1993), Resampling-Based Multiple Testing, algorithms 2.5 (single-step) and 2.8 (step-down) with
/// one relabeling of the lots for all tests and T = |rho|, rho or -rho by options.side.
///
/// All relabelings are enumerated where Relabelings says so: the lots are split in two halves, so that S of a
/// relabeling is A[i] + B[j] from two small tables for every choice of the outcomes that go to the first half. Beyond,
/// they are drawn.
/// Where all pairs have the same norm (no ties), S is compared as an integer; where tie patterns differ, rho is, with
/// T_b >= T - 1e-12 |T|, which separates all values that differ for n <= 12; enumerations do so in scaled integers.
///
/// Collective. Every rank holds all tests and takes a share of the relabelings; counts are added as integers, so they
/// are the same for any number of ranks and threads. Memory of one thread: some MB (50 MB for 14
/// lots), whatever the number of tests, and a copy of them.
MaxTResult max_t(MPI_Comm comm, const RankTests& tests, const Options& options);

}  // namespace miura::permutation
