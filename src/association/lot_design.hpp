#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/association/evidence.hpp"
#include "miura/association/options.hpp"

namespace miura::association {

using Lots = std::vector<std::int32_t>;

/// The lots that take part, how they may change places, and what is held fixed: turns values of lots into what the
/// permutation engine relabels.
class LotDesign {
public:
  /// `kept`: lots that take part, ascending; those without a stratum or covariate that is asked for are left out.
  /// UsageError for a covariate that is infinite; std::logic_error unless there is one label or value for each of
  /// n_lots.
  LotDesign(const Design& design, std::int32_t n_lots, std::span<const std::int32_t> kept);

  const Lots& lots() const noexcept { return lots_; }
  /// Lots that have the outcome.
  Lots lots_with(const Outcome& outcome) const;

  bool stratified() const noexcept { return !stratum_.empty(); }
  bool adjusted() const noexcept { return !covariate_.empty(); }
  /// Aligned ranks, as opposed to plain ones, decide: strata without a covariate.
  bool aligned() const noexcept { return stratified() && !adjusted(); }

  /// Numbers of the strata of some lots; empty where lots change places freely.
  std::vector<std::int32_t> strata_of(std::span<const std::int32_t> lots) const;
  std::int32_t n_strata(std::span<const std::int32_t> lots) const;
  /// A stratum of one lot says nothing.
  bool has_single_lot(std::span<const std::int32_t> lots) const;
  /// Means and slopes that are fitted beside the common mean.
  std::int32_t n_fitted(std::span<const std::int32_t> lots) const;
  /// Doubled mid-ranks of the covariate; empty where there is none.
  std::vector<std::int32_t> covariate_ranks(std::span<const std::int32_t> lots) const;

  /// Doubled mid-ranks of one value for each of `lots`: of what is left after the stratum's mean (aligned ranks, Hodges
  /// & Lehmann 1962), or of the values themselves.
  std::vector<std::int32_t> ranks(std::span<const double> values, std::span<const std::int32_t> lots) const;

  struct Correlation {
    std::int64_t s = 0;  ///< 0 given a covariate, where the statistic is no integer
    double rho = not_computed;
  };
  /// Of two values for each of `lots`.
  Correlation correlate(std::span<const double> x, std::span<const double> y, std::span<const std::int32_t> lots) const;

private:
  std::vector<std::int32_t> stratum_;  ///< of all lots; empty: none
  std::vector<double> covariate_;      ///< of all lots; empty: none
  Lots lots_;
};

bool constant(std::span<const double> values);

}  // namespace miura::association
