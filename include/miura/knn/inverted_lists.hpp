#pragma once

#include <mpi.h>

#include <cstdint>

#include "miura/matrix/embedding.hpp"
#include "miura/matrix/graph.hpp"

namespace miura::knn {

struct ListOptions {
  std::int32_t k = 20;           ///< neighbours of each point, itself not counted
  std::int32_t n_lists = 0;      ///< 0: the square root of the number of points
  std::int32_t n_probed = 32;    ///< lists that are looked through for a point: the nearest by their centres
  std::int64_t n_checked = 500;  ///< points whose neighbours are sought exactly as well, for the recall
  /// Called by all ranks between rounds; it may throw.
  void (*safe_point)(MPI_Comm) = nullptr;
  /// Coordinates that a rank takes in at a time.
  std::int64_t coordinates_a_round = std::int64_t{1} << 24;
};

struct ApproximateNeighbors {
  matrix::Neighbors found;  ///< as of `nearest`, but that some neighbours are missed for farther points
  double recall = 1;        ///< share of the true neighbours that were found, over the points that were checked
};

/// The k nearest other points of every point, but for those in lists that were not looked through: an inverted file
/// (Sivic & Zisserman 2003; Jegou, Douze & Schmid 2011, IEEE TPAMI 33:117, section IV, without its product quantizer),
/// for tens of millions of points, where exact search takes points^2.
///
/// A point is in the list of its nearest centre. Centres are k-means of a sample: points evenly spaced in their order,
/// five rounds, sums in fixed point. Distances are those of `nearest`, ties go by global index, and where lists begin
/// or end for a rank decides nothing, so ids, distances and recall have the same bits on any number of ranks and
/// threads.
///
/// Time: points x (n_lists + n_probed x points / n_lists) distances. Memory of a rank beyond the result: its points
/// twice, 12 n_probed bytes each, coordinates_a_round and their answers, the centres.
///
/// Collective over `comm`. Coordinates are below 2^31. k, n_probed < 1 are a UsageError.
ApproximateNeighbors nearest_in_lists(MPI_Comm comm, const matrix::Embedding& points, const ListOptions& options);

}  // namespace miura::knn
