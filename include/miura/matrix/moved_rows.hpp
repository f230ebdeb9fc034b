#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>

#include "miura/matrix/embedding.hpp"
#include "miura/matrix/graph.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/moved_rows.hpp"

namespace miura::matrix {

/// The same points in the same order, cut up otherwise over ranks. Collective. Only rows that change hands travel.
inline Embedding moved(MPI_Comm comm, const Embedding& points, const parallel::Partition& to) {
  return {to, points.n_dims, parallel::moved_rows<float>(comm, points.points, to, points.value, points.n_dims)};
}

/// Likewise the neighbours of the same queries.
inline Neighbors moved(MPI_Comm comm, const Neighbors& found, const parallel::Partition& to) {
  return {to, found.k, parallel::moved_rows<std::int64_t>(comm, found.queries, to, found.id, found.k),
          parallel::moved_rows<float>(comm, found.queries, to, found.distance, found.k)};
}

/// The points of these local rows, each rank's after those of lower ranks. Collective.
inline Embedding rows_of(MPI_Comm comm, const Embedding& points, std::span<const std::int64_t> rows) {
  Embedding some{parallel::Partition::from_local(comm, std::ssize(rows)), points.n_dims, {}};
  for (const auto i : rows) {
    const auto row = points.row(i);
    some.value.insert(some.value.end(), row.begin(), row.end());
  }
  return some;
}

}  // namespace miura::matrix
