#pragma once

#include <mpi.h>

#include <cstdint>
#include <string>
#include <vector>

#include "app/study.hpp"
#include "miura/matrix/measurements.hpp"
#include "miura/matrix/pseudobulk.hpp"

namespace miura::app {

/// The training lots' expression of the genes that are tested in one group, and which genes these are.
struct GroupExpression {
  matrix::Measurements value;
  std::vector<std::int32_t> gene;
};

/// Counts summed over the cells of every lot: of all its cells (group 0), and of those in each primary cluster
/// (group 1 + cluster). Collective.
matrix::Pseudobulk sums_of_groups(MPI_Comm comm, const Study& study);

/// "all", or the name of the group's cluster.
std::string name_of_group(const Study& study, std::int32_t group);

/// Of one of these groups, log-transformed, as the association of genes tests it; replicated. Collective.
GroupExpression expression_of(MPI_Comm comm, const Study& study, const matrix::Pseudobulk& sums, std::int32_t group);

}  // namespace miura::app
