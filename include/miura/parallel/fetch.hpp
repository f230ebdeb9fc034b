#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/parallel/communicator.hpp"
#include "miura/parallel/partition.hpp"

namespace miura::parallel {

/// What other ranks know of their rows, `width` values each: result[i * width] is the first of row wanted[i]. `mine`
/// holds this rank's rows x width. Collective. Rows may be wanted several times and in any order; nothing but what is
/// wanted travels.
template <class T>
std::vector<T> fetch_rows(MPI_Comm comm, const Partition& rows, std::span<const T> mine, std::int64_t width,
                          std::span<const std::int64_t> wanted) {
  std::vector<std::vector<std::int64_t>> asked(size_of(comm));
  for (const auto row : wanted) asked[rows.owner(row)].push_back(row);
  const auto requests = parallel::exchange(comm, asked);

  std::vector<std::vector<T>> answers(requests.size());
  const auto first = rows.begin(rank_of(comm));
  for (std::size_t r = 0; r < requests.size(); ++r)
    for (const auto row : requests[r]) {
      const auto values = mine.subspan((row - first) * width, width);
      answers[r].insert(answers[r].end(), values.begin(), values.end());
    }
  const auto received = parallel::exchange(comm, answers);

  std::vector<std::int64_t> next(received.size());
  std::vector<T> all;
  all.reserve(wanted.size() * width);
  for (const auto row : wanted) {
    const int owner = rows.owner(row);
    const auto from = received[owner].begin() + next[owner];
    all.insert(all.end(), from, from + width);
    next[owner] += width;
  }
  return all;
}

/// The same for one value a row.
template <class T>
std::vector<T> fetch(MPI_Comm comm, const Partition& rows, std::span<const T> mine,
                     std::span<const std::int64_t> wanted) {
  return fetch_rows(comm, rows, mine, 1, wanted);
}

}  // namespace miura::parallel
