#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/permutation/relabelings.hpp"

namespace miura::neighborhood {

struct GlobalTest {
  std::int32_t k = 0;        ///< components with the smallest F p for the outcome as it is
  double r2 = 0;             ///< that they explain
  std::vector<double> null;  ///< smallest F p over the numbers of components, for each relabeling; [0] is observed
};

/// The numbers of components tried with n lots: inc, 2 inc, .. up to min(4 inc, n / 5), at least one, where inc is 2 %
/// of the lots (Reshef et al. 2022).
std::vector<std::int32_t> numbers_of_components(std::int32_t n_lots);

/// Regresses the outcome, which has mean 0 (in each stratum), on the first k components: F test with k and
/// n - n_strata - k degrees of freedom. `components`: as many as are needed, or fewer, x n_lots, orthonormal.
/// Collective: relabelings are dealt over ranks; each is computed by the same sums wherever it is.
GlobalTest global_test(MPI_Comm comm, std::span<const double> components, std::span<const double> outcome,
                       std::int32_t n_strata, const permutation::Relabelings& relabelings);

}  // namespace miura::neighborhood
