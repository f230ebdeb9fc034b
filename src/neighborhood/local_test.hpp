#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/neighborhood/abundance.hpp"
#include "miura/permutation/relabelings.hpp"
#include "neighborhood/tested_lots.hpp"

namespace miura::neighborhood {

/// One entry for each of this rank's cells; NaN where the abundance does not vary over lots.
struct LocalTest {
  std::vector<double> rho, p_fwer, fdr;
};

/// Spearman's rho of each neighborhood with the outcome, its family-wise p by the largest |rho| of each relabeling over
/// all neighborhoods of all ranks, and the empirical false discovery rate in 4,096 steps of |rho|: the mean number of
/// neighborhoods that reach a step under at most 1,000 of the relabelings, over the number that reaches it, made
/// monotone. `outcome`: doubled mid-ranks of the tested lots, not constant. Collective.
LocalTest local_test(MPI_Comm comm, const Abundance& nam, const TestedLots& lots, std::span<const std::int32_t> outcome,
                     const permutation::Relabelings& relabelings);

}  // namespace miura::neighborhood
