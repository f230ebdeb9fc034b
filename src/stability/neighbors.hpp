#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>

#include "miura/matrix/embedding.hpp"
#include "miura/matrix/graph.hpp"

namespace miura::stability {

/// The points that are marked, as a set of their own. Collective.
matrix::Embedding marked_points(MPI_Comm comm, const matrix::Embedding& all, std::span<const std::uint8_t> marked);

/// The k nearest others of every marked point among the marked points, as knn::nearest() finds them, but mostly without
/// a search: the marked ones of its nearest among all points, if they are as many as k, are its nearest among the
/// marked, in the same order. The others are searched for. `among_all` are lists longer than k of all points.
///
/// Collective. Every rank holds 9 bytes a point of the whole set for a while.
matrix::Neighbors nearest_marked(MPI_Comm comm, const matrix::Embedding& all, const matrix::Neighbors& among_all,
                                 std::span<const std::uint8_t> marked, std::int32_t k);

}  // namespace miura::stability
