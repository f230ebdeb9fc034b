#pragma once

#include <set>
#include <span>
#include <vector>

#include "association/lot_design.hpp"

namespace miura::association {

/// A row that is being filled, and what it is about.
struct Tested {
  Evidence* row;
  std::span<const double> value;  ///< the feature, of all lots; NaN: missing
  const Outcome* outcome;
  const Lots* lots;  ///< that have both

  std::vector<double> x(std::span<const std::int32_t> of_lots) const;
  std::vector<double> y(std::span<const std::int32_t> of_lots) const;
};

/// Each set of lots once, so that rows can point to theirs.
using LotSets = std::set<Lots>;

/// What two rows at most need to be tested with: two-sided, 4 lots cannot reach .05.
std::int32_t fewest_lots(const Options& options, std::int64_t n_tests);

/// Everything about a row that needs no relabeling and holds for any feature: n, S, rho, its interval, leaving lots
/// out, and the status as far as it is known without p-values.
void describe(const Tested& tested, const LotDesign& design, const Options& options, std::int32_t fewest);

}  // namespace miura::association
