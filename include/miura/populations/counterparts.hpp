#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/composition.hpp"
#include "miura/populations/overlap.hpp"

namespace miura::populations {

/// A cluster of one labeling beside the one of another labeling that is most like it.
struct Counterpart {
  std::int32_t labeling = 0, cluster = 0;              ///< cluster from 0 within its labeling
  std::int32_t other_labeling = 0, other_cluster = 0;  ///< -1: the other has none of these cells
  double jaccard = 0;                                  ///< NaN without counterpart, as the next
  double rho_shares =
      0;  ///< Spearman's rho over the lots that both know, between their shares; NaN where one never varies
};

/// The counterpart of every cluster of each labeling in each later one. `shares` has the composition of every labeling,
/// over the same lots; lots without cells do not count. Not collective.
std::vector<Counterpart> counterparts(const Overlaps& overlaps, std::span<const matrix::Composition> shares);

}  // namespace miura::populations
