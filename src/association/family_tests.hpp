#pragma once

#include <mpi.h>

#include <span>

#include "association/cluster_share.hpp"

namespace miura::association {

/// p_exact, p_min_attainable, n_perm, perm_type of every row that has a rho, over its own lots; rows that cannot reach
/// alpha become TOO_MANY_TIES. Collective.
void test_each(MPI_Comm comm, std::span<Tested> rows, const Options& options);

/// p_max_t_*, p_holm, q_bh of the rows in the family. One relabeling of the lots that have all outcomes serves all;
/// where these are fewer than 5, each outcome is tested on its own lots and Holm's method goes between them.
/// Returns the lots of each row's maxT. Collective.
std::vector<std::vector<std::int32_t>> test_family(MPI_Comm comm, std::span<Tested> rows, const Options& options,
                                                   Family& family);

/// p_adj_n: given the ranks of the lots' cell numbers (METHOD 1.5). Collective.
void adjust_for_cell_numbers(MPI_Comm comm, std::span<Tested> rows, const Options& options);

/// p_conditional (METHOD 1.6): where a partition has declared clusters, the foremost of them lowers the shares of all
/// others as it rises. These are tested again on their shares among the cells outside it, by one maxT over all such
/// partitions. Collective.
void test_given_foremost(MPI_Comm comm, std::span<Tested> rows,
                         const std::vector<std::vector<std::int32_t>>& family_lots, const Options& options);

}  // namespace miura::association
