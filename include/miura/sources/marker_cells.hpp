#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/matrix/cells.hpp"
#include "miura/normalize/log_normalize.hpp"
#include "miura/permutation/rank_tests.hpp"

namespace miura::sources {

/// Cells of a lot by their label: all of them, those of the declared cluster, and the others (unassigned ones too).
enum class Group : std::int32_t { all, declared, other };
inline constexpr std::int32_t n_groups = 3;
/// all, declared, other.
const char* name_of(Group group);

/// What was counted of a few markers in the cells of every lot and group: whole numbers, so the same on any layout, and
/// all that the comparisons of sources need. Replicated. Expression is kept in bins of 0.01, the last of which takes
/// everything above: for 4 markers and 24 lots these are 2.3 MB.
struct MarkerCells {
  static constexpr std::int32_t bins_per_unit = 100, n_bins = 1000;

  std::int32_t n_markers = 0, n_lots = 0;
  std::vector<std::int64_t> cells, total;            ///< n_groups x n_lots: cells, and their counts over all genes
  std::vector<std::int64_t> count;                   ///< n_markers x n_groups x n_lots: counts of the marker
  std::vector<std::int64_t> expressing, expression;  ///< the same: cells with a count; sum of expression x 2^16
  std::vector<std::int64_t> histogram;               ///< the same x n_bins: expressing cells by expression
  std::vector<std::uint8_t> missing;                 ///< n_markers x n_lots: 1 where the lot's file lacks the marker

  MarkerCells() = default;
  MarkerCells(std::int32_t markers, std::int32_t lots);

  std::int64_t at(Group group, std::int64_t lot) const noexcept {
    return static_cast<std::int64_t>(group) * n_lots + lot;
  }
  std::int64_t at(std::int64_t marker, Group group, std::int64_t lot) const noexcept {
    return (marker * n_groups + static_cast<std::int64_t>(group)) * n_lots + lot;
  }
  bool measured(std::int64_t marker, std::int64_t lot) const noexcept { return missing[marker * n_lots + lot] == 0; }
  /// Expressing cells by expression, n_bins of them.
  std::span<const std::int64_t> bins(std::int64_t marker, Group group, std::int64_t lot) const noexcept {
    return std::span(histogram).subspan(at(marker, group, lot) * n_bins, n_bins);
  }

  /// Adds what was counted of other lots, or of other cells of the same ones: lots may be mapped one by one.
  /// std::logic_error unless both are of the same markers and lots.
  MarkerCells& operator+=(const MarkerCells& more);
  /// The same among n lots in all: lot l becomes place[l], those with -1 are left out.
  MarkerCells placed(std::span<const std::int32_t> place, std::int32_t n) const;
};

/// Counts the markers in this rank's cells and sums over ranks.
///
/// `column`: of each marker in the counts; -1: in none of these cells' files, so `missing` in their lots. `label` holds
/// the cluster each cell was assigned to (-1: none), of which `declared` is the one that is meant. `lot` of the cells
/// is below n_lots, and may be of a few of the lots only. Expression: log(1 + 10^4 count / counts of the cell).
/// Collective. One pass over the nonzeros.
MarkerCells count_markers(MPI_Comm comm, const matrix::DistributedCells& cells, std::span<const std::int32_t> label,
                          std::int32_t declared, std::span<const std::int32_t> column, std::int32_t n_lots,
                          const normalize::LogNormalizeOptions& options);

}  // namespace miura::sources
