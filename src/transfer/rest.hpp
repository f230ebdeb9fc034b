#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/embedding.hpp"
#include "miura/matrix/graph.hpp"

namespace miura::transfer {

/// Neighborhoods of a reference from which one part after the other is left out, from one search: lists twice as long
/// as asked for mostly hold enough of the other parts, and only cells whose list does not are searched for again.
class NeighborhoodsOfRest {
public:
  /// `part` of this rank's points. Collective. Replicated: 4 bytes a point.
  NeighborhoodsOfRest(MPI_Comm comm, const matrix::Embedding& points, std::span<const std::int32_t> part,
                      std::int32_t k, void (*safe_point)(MPI_Comm));

  /// What `neighborhoods` gives of `rest`, the points outside `left_out` in their order. Collective.
  matrix::Neighbors without(MPI_Comm comm, std::int32_t left_out, const matrix::Embedding& rest) const;

private:
  /// Ranks of the points among those outside `left_out`.
  std::vector<std::int64_t> places_without(std::int32_t left_out) const;

  std::int32_t k_;
  std::int64_t first_;              ///< point of this rank
  matrix::Neighbors longer_;        ///< other points only
  std::vector<std::int32_t> part_;  ///< of all points
};

}  // namespace miura::transfer
