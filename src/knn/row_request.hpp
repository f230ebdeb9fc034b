#pragma once

#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "miura/parallel/communicator.hpp"
#include "miura/parallel/partition.hpp"

namespace miura::knn {

/// Rows of a partitioned thing that this rank wants to know of, and those that the others want to know of it.
class RowRequest {
public:
  /// Collective. `wanted` are global rows, in any order and as often as they come.
  RowRequest(MPI_Comm comm, const parallel::Partition& rows, std::vector<std::int64_t> wanted)
      : wanted_(std::move(wanted)) {
    std::ranges::sort(wanted_);
    const auto repeated = std::ranges::unique(wanted_);
    wanted_.erase(repeated.begin(), repeated.end());
    std::vector<std::vector<std::int64_t>> send(rows.ranks());
    for (const auto row : wanted_) send[rows.owner(row)].push_back(row);
    asked_ = parallel::exchange(comm, send);
  }

  /// For every rank the global rows, all owned here, for which it waits, ascending. Answers that are sent in this order
  /// arrive, one sender after another, in the order of positions.
  const std::vector<std::vector<std::int64_t>>& asked() const noexcept { return asked_; }
  std::int64_t size() const noexcept { return std::ssize(wanted_); }
  /// Where the answer for a row lies among all answers.
  std::int64_t position(std::int64_t row) const noexcept {
    return std::ranges::lower_bound(wanted_, row) - wanted_.begin();
  }

private:
  std::vector<std::int64_t> wanted_;
  std::vector<std::vector<std::int64_t>> asked_;
};

/// Calls work(from, to) on consecutive parts of this rank's rows, as often on every rank: `work` may communicate.
/// Parts are empty where a rank has done all of its own. Collective.
template <class Work>
void in_rounds(MPI_Comm comm, std::int64_t n_local, std::int64_t rows_a_round, Work&& work) {
  const auto most = parallel::max_over_ranks(comm, n_local);
  for (std::int64_t from = 0; from < most; from += rows_a_round)
    work(std::min(from, n_local), std::min(from + rows_a_round, n_local));
}

/// The parts of all senders, one after another.
template <class T>
std::vector<T> joined(const std::vector<std::vector<T>>& parts) {
  std::vector<T> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace miura::knn
