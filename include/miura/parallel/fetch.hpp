#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/parallel/communicator.hpp"
#include "miura/parallel/partition.hpp"

namespace miura::parallel {

/// The values of rows that other ranks own: result[i] belongs to row wanted[i]. `mine` holds one value for each of this
/// rank's rows. Collective. Rows may be wanted several times and in any order; nothing but what is wanted travels.
template <class T>
std::vector<T> fetch(MPI_Comm comm, const Partition& rows, std::span<const T> mine,
                     std::span<const std::int64_t> wanted) {
  std::vector<std::vector<std::int64_t>> asked(size_of(comm));
  for (const auto row : wanted) asked[rows.owner(row)].push_back(row);
  const auto requests = parallel::exchange(comm, asked);

  std::vector<std::vector<T>> answers(requests.size());
  const auto first = rows.begin(rank_of(comm));
  for (std::size_t r = 0; r < requests.size(); ++r)
    for (const auto row : requests[r]) answers[r].push_back(mine[row - first]);
  const auto received = parallel::exchange(comm, answers);

  std::vector<std::size_t> next(received.size());
  std::vector<T> values;
  values.reserve(wanted.size());
  for (const auto row : wanted) {
    const int owner = rows.owner(row);
    values.push_back(received[owner][next[owner]++]);
  }
  return values;
}

}  // namespace miura::parallel
