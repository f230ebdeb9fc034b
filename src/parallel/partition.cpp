#include "miura/parallel/partition.hpp"

#include <algorithm>

#include "miura/parallel/communicator.hpp"

namespace miura::parallel {

Partition Partition::even(std::int64_t size, int ranks) {
  Partition p;
  p.first_.resize(ranks + 1);
  for (int r = 0; r <= ranks; ++r) p.first_[r] = size / ranks * r + std::min<std::int64_t>(size % ranks, r);
  return p;
}

Partition Partition::from_local(MPI_Comm comm, std::int64_t n_local) {
  Partition p;
  p.first_.assign(size_of(comm) + 1, 0);
  MPI_Allgather(&n_local, 1, MPI_INT64_T, p.first_.data() + 1, 1, MPI_INT64_T, comm);
  for (std::size_t r = 1; r < p.first_.size(); ++r) p.first_[r] += p.first_[r - 1];
  return p;
}

int Partition::owner(std::int64_t row) const noexcept {
  return static_cast<int>(std::upper_bound(first_.begin(), first_.end(), row) - first_.begin()) - 1;
}

bool Partition::is_lopsided() const noexcept {
  std::int64_t most = 0;
  for (int r = 0; r < ranks(); ++r) most = std::max(most, n_local(r));
  return 10 * ranks() * most > 11 * (size() + ranks());
}

}  // namespace miura::parallel
