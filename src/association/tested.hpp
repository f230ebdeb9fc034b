#pragma once

#include <mpi.h>
#include <omp.h>

#include <algorithm>
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

/// Calls fill(row) for the rows 0 .. n_rows - 1 on this rank's threads; every rank fills all of them. A row of many
/// thousand lots takes a tenth of a second, so there are safe points between. Collective.
template <class Fill>
void fill_rows(MPI_Comm comm, std::int64_t n_rows, const Options& options, Fill&& fill) {
  const std::int64_t rows_at_once = 64 * omp_get_max_threads();
  const auto safe_point = options.relabelings.safe_point;
  for (std::int64_t first = 0; first < n_rows; first += rows_at_once) {
    const auto end = std::min(n_rows, first + rows_at_once);
#pragma omp parallel for schedule(dynamic)
    for (std::int64_t row = first; row < end; ++row) fill(row);
    if (safe_point != nullptr && end < n_rows) safe_point(comm);
  }
}

}  // namespace miura::association
