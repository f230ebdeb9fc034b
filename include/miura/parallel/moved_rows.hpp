#pragma once

#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "miura/parallel/communicator.hpp"
#include "miura/parallel/partition.hpp"

namespace miura::parallel {

/// The same rows in the same order, cut up otherwise: `mine` holds this rank's rows of `from` x width, the result those
/// of `to`. Collective. Only rows that change hands travel.
template <class T>
std::vector<T> moved_rows(MPI_Comm comm, const Partition& from, const Partition& to, std::span<const T> mine,
                          std::int64_t width) {
  const int rank = rank_of(comm);
  const auto own = from.begin(rank);
  /// Those of my rows that `r` is to have, counted within mine.
  const auto part = [&](int r) {
    const auto begin = std::clamp(to.begin(r), own, from.end(rank)), end = std::clamp(to.end(r), own, from.end(rank));
    return mine.subspan((begin - own) * width, (end - begin) * width);
  };
  std::vector<std::vector<T>> send(size_of(comm));
  for (int r = 0; r < std::ssize(send); ++r)
    if (r != rank) send[r].assign(part(r).begin(), part(r).end());
  const auto received = parallel::exchange(comm, send);
  std::vector<T> rows;
  rows.reserve(to.n_local(rank) * width);
  for (int r = 0; r < std::ssize(received); ++r) {
    const auto came = r == rank ? part(rank) : std::span<const T>(received[r]);
    rows.insert(rows.end(), came.begin(), came.end());
  }
  return rows;
}

}  // namespace miura::parallel
