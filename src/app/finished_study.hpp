#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "miura/matrix/composition.hpp"

namespace miura::app {

/// What the tables of a result folder of `miura run` tell of the next study: its training lots and their shares, and
/// the strongest association of its primary family.
struct FinishedStudy {
  std::int32_t n_lots = 0;
  std::int64_t median_cells = 0;  ///< labelled cells of a lot
  std::vector<matrix::Composition> partitions;
  std::vector<std::uint8_t> tested;  ///< a mark per cluster, partition by partition: in the primary family
  std::int32_t n_tested = 0, n_outcomes = 0;

  std::string cluster, outcome;  ///< of the row with the largest |rho|
  double rho = 0.0, ci_lo = 0.0, ci_hi = 0.0;
  double median_share = 0.0, logit_sd = 0.0;  ///< of that cluster over lots, on the scale of logits

  /// The end of the interval that is nearer to zero, as a size; 0 if it holds zero. NaN if there is no interval.
  double cautious_rho() const;
};

/// Reads tables/lots.tsv, composition.tsv and association.tsv. Not collective. NotFoundError, or InputError for tables
/// that miura did not write or a study without a tested association.
FinishedStudy read_finished_study(const std::filesystem::path& result);

}  // namespace miura::app
