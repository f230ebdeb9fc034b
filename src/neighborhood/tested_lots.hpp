#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/neighborhood/abundance.hpp"

namespace miura::neighborhood {

/// The lots that take part in a test, and the strata within which they change places.
struct TestedLots {
  std::vector<std::int32_t> lot;      ///< ascending
  std::vector<std::int32_t> stratum;  ///< of each, 0 .. n_strata - 1; all 0 without strata
  std::int32_t n_strata = 1;
  bool stratified = false;

  std::int32_t size() const noexcept { return static_cast<std::int32_t>(lot.size()); }
  /// What is left of a value for each tested lot after its stratum's mean, without strata the values themselves.
  /// Differences below 2^-40 of the largest value are rounding: they become ties.
  void align(std::span<double> values) const;
  /// The values of the tested lots among those of all lots, aligned.
  std::vector<double> of(std::span<const double> all_lots) const;
};

/// Lots with an outcome and at least `min_cells` cells. `stratum`: a label for each lot of `nam`, or empty.
TestedLots tested_lots(const Abundance& nam, std::span<const double> outcome, std::span<const std::int32_t> stratum,
                       std::int64_t min_cells);

}  // namespace miura::neighborhood
