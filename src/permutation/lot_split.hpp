#pragma once

#include <cstdint>
#include <vector>

namespace miura::permutation {

/// Lots are split into first and last ones. For every choice of the outcome values that go to the first lots, the
/// relabelings are the product of the arrangements of both: n! = C(n, n_first) x n_first! x n_last!, and the same
/// stratum by stratum.
class LotSplit {
public:
  /// `strata`: lots of each stratum, as Relabelings has them. Small strata stay whole, the others are halved.
  explicit LotSplit(const std::vector<std::vector<std::int32_t>>& strata);

  std::int32_t n_first = 0, n_last = 0;
  std::vector<std::int32_t> lot;  ///< the first lots, then the last, each stratum by stratum
  /// All arrangements, position-major: arrangement i puts member first_place[l x n_first_orders + i] on first lot l.
  std::vector<std::int32_t> first_place, last_place;
  std::int64_t n_first_orders = 1, n_last_orders = 1;

  std::int64_t n_subsets() const noexcept { return n_subsets_; }
  struct Members {
    std::vector<std::int32_t> first, last;
  };
  /// Positions of the outcome values that subset i deals to the first and to the last lots.
  Members members(std::int64_t i) const;
  /// Positions dealt to the first lots as bits, where there is but one stratum.
  std::uint32_t choice(std::int64_t i) const { return parts_.front().choice[i]; }

private:
  struct Part {  // of a stratum
    std::vector<std::int32_t> lots;
    std::int32_t n_first = 0;
    std::vector<std::uint32_t> choice = {};  ///< sets of n_first of its lots, as bits; ascending
  };
  std::vector<Part> parts_;
  std::int64_t n_subsets_ = 1;
};

}  // namespace miura::permutation
