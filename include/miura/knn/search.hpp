#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/embedding.hpp"
#include "miura/matrix/graph.hpp"

namespace miura::knn {

struct SearchOptions {
  /// neighbours of each point, itself not counted (Seurat's k.param counts it: 20 there is 19 here)
  std::int32_t k = 20;
  /// Called by all ranks between the rounds of the search, one for some 80,000 points of 50 dimensions a rank; it may
  /// throw.
  void (*safe_point)(MPI_Comm) = nullptr;
  /// What a rank holds of the points of others at a time (twice, while the next is on its way).
  std::int64_t coordinates_a_piece = std::int64_t{1} << 22;
};

/// The k nearest other points of every point, nearest first, by Euclidean distance. Exact: squared distances are summed
/// in double, in one order, and neighbours ascend by (distance, global index), so that ids and distances have the same
/// bits on any number of ranks and threads and on any processor. A point is never its own neighbour;
/// its duplicates, at distance 0, are. Where fewer than k others exist, id is -1 and distance infinite.
///
/// Brute force in single precision, with a bound on its rounding that lets no true neighbour slip, then exact distances
/// of the few that are left (docs/methods/knn.md). Time: 2 x points^2 x n_dims flops at 80-90 % of the FMA peak.
/// Memory beyond the result: 8 k bytes a point and some 50 MB a rank; ranks pass pieces of their points round in a
/// ring. Each does an even share of the queries, whoever has them. Points that differ by less than 1e-6 of their
/// distance from the centre of all points (heaps of duplicates) cost more time, never a neighbour.
///
/// Collective over `comm`. k < 1 is a UsageError; a coordinate that is not finite is a std::logic_error.
matrix::Neighbors nearest(MPI_Comm comm, const matrix::Embedding& points, const SearchOptions& options);

/// The k nearest points of every query, as above; a query that equals a point has it as neighbour at distance 0.
/// Queries and points have the same n_dims, and each its own partition over the ranks of `comm`.
matrix::Neighbors nearest(MPI_Comm comm, const matrix::Embedding& points, const matrix::Embedding& queries,
                          const SearchOptions& options);

/// A query of this rank and a point that one asks about.
struct QueryPoint {
  std::int64_t query = 0;  ///< local index
  std::int64_t point = 0;  ///< global index
};

/// Whether the point of each pair is among the k nearest of its query, as `nearest` would have them; pairs ascend by
/// query. Quicker than to find the k where k is large: points are counted, by bounds on their distance, and hardly any
/// is measured. Collective; errors as above, and a std::logic_error for pairs out of order.
std::vector<std::uint8_t> among_nearest(MPI_Comm comm, const matrix::Embedding& points,
                                        const matrix::Embedding& queries, std::span<const QueryPoint> pairs,
                                        const SearchOptions& options);

}  // namespace miura::knn
