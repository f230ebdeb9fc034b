#pragma once

#include <mpi.h>

#include <cstdint>
#include <vector>

namespace miura::parallel {

/// Contiguous split of rows [0, size) over ranks: rank r owns [begin(r), end(r)). Replicated. Ranks may own nothing.
///
/// No result may depend on where the cuts are: sums over rows are taken in integers (exact in any order).
class Partition {
public:
  Partition() = default;
  /// As even as can be.
  static Partition even(std::int64_t size, int ranks);
  /// Collective. From the number of rows that each rank has already.
  static Partition from_local(MPI_Comm comm, std::int64_t n_local);

  int ranks() const noexcept { return static_cast<int>(first_.size()) - 1; }
  std::int64_t size() const noexcept { return first_.back(); }
  std::int64_t begin(int rank) const noexcept { return first_[rank]; }
  std::int64_t end(int rank) const noexcept { return first_[rank + 1]; }
  std::int64_t n_local(int rank) const noexcept { return end(rank) - begin(rank); }
  int owner(std::int64_t row) const noexcept;
  /// Whether a rank has a tenth more rows than its share: what takes long had better be divided anew.
  bool is_lopsided() const noexcept;

private:
  std::vector<std::int64_t> first_{0, 0};
};

}  // namespace miura::parallel
