#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/graph.hpp"
#include "miura/parallel/partition.hpp"

namespace miura::knn {

/// The label that most of each query's nearest points have. A tie goes to the label whose nearest member is nearest,
/// and between labels whose nearest members are equally far to the smaller one. -1 for a query without neighbours.
///
/// `label_of_my_points` are the labels, 0 .. n_labels - 1, of this rank's part of `points`, the set in which the
/// neighbours' ids count; other labels are a std::logic_error. One entry a query of this rank is returned.
///
/// Collective over `comm`; labels of other ranks' points are fetched for 65,536 queries at a time, so memory beyond
/// the result does not grow with the number of queries. Same result on any number of ranks.
std::vector<std::int32_t> vote(MPI_Comm comm, const matrix::Neighbors& queries_to_points,
                               const parallel::Partition& points, std::span<const std::int32_t> label_of_my_points,
                               std::int32_t n_labels);

}  // namespace miura::knn
