#pragma once

#include <mpi.h>

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "miura/association/evidence.hpp"
#include "miura/matrix/lots.hpp"
#include "miura/matrix/table.hpp"
#include "miura/permutation/rank_tests.hpp"
#include "miura/sources/marker_cells.hpp"

namespace miura::sources {

/// A gene chosen beforehand.
struct Marker {
  std::string symbol, id;
  /// Which way the declared cluster differed from the other cells in the training lots: then mapped lots are tested
  /// one-sided. two_sided where nothing was declared.
  permutation::Side side = permutation::Side::two_sided;
  /// Expression, log(1 + counts per 10,000), from which on a cell is "high"; kept to two decimals. NaN: by the rule of
  /// MarkerReference.
  double high = std::numeric_limits<double>::quiet_NaN();
};

struct MarkerExpressionOptions {
  std::string cluster;                  ///< name of the declared one, for the tables
  std::string reference_source = "BM";  ///< the source that others are compared with
  std::int64_t min_cells = 10;          ///< of a group in a lot; with fewer the lot has no value of that group
  double prior_count = 2;               ///< added to the counts of a lot of the training lots' depth, as in edgeR
  double high_quantile = 0.9;           ///< of expressing training cells outside of the declared cluster
  double alpha = 0.05;                  ///< a test that cannot reach it is LOW_N or TOO_MANY_TIES
  permutation::Options relabelings = permutation::Options();  ///< drawn ones, where not all are taken
};

/// What is taken from the training lots alone, once, and then holds for all that is mapped.
struct MarkerReference {
  /// A marker: the declared threshold, or the lowest multiple of 0.01 such that at most 1 - high_quantile of the
  /// expressing training cells outside of the declared cluster are at or above it. NaN where there is no such cell.
  std::vector<double> high;
  /// Mean counts of a training lot in the declared cluster, or in all its cells where none has any; 0 without training
  /// cells: then log2 CPM takes the lots at hand.
  double depth = 0;

  bool operator==(const MarkerReference&) const = default;
};
/// Not collective.
MarkerReference marker_reference(const matrix::Lots& lots, std::span<const Marker> markers, const MarkerCells& cells,
                                 const MarkerExpressionOptions& options);

/// Values of a lot that sources are compared by.
enum class Measure : std::int32_t { log2_cpm, share_high };
inline constexpr std::int32_t n_measures = 2;

/// A difference between two sets of values of lots, and how often as large a one comes by chance.
struct Contrast {
  permutation::Side side = permutation::Side::two_sided;
  std::int32_t n = 0, n_against = 0;  ///< lots on either side; the same lots where they are paired
  double difference = association::not_computed, p = association::not_computed,
         p_min_attainable = association::not_computed;
  std::int64_t n_perm = 0;
  std::string perm_type;                      ///< exact or mc; empty where nothing was tested
  double p_holm = association::not_computed;  ///< over all tests of this kind in mapped lots
  /// OK, LOW_N, TOO_MANY_TIES, CONSTANT_FEATURE, NOT_MEASURED, NO_THRESHOLD; empty: not asked.
  std::string status;
};

/// A marker in the cells of one group, in the lots of one source and role, or of several ("all").
struct SourceMarker {
  std::int32_t marker = 0;
  std::string role, source;
  Group group = Group::all;
  std::int32_t n_lots = 0;  ///< that measured the marker and have min_cells of the group; the rest is of these
  std::int64_t n_cells = 0;
  /// Means over lots, each of which counts the same.
  double share_expressing = association::not_computed, share_high = association::not_computed,
         mean = association::not_computed, log2_cpm = association::not_computed;
  std::array<double, 5> quantile;                      ///< of all these cells: .05, .25, .5, .75, .95, to 0.01
  std::array<Contrast, n_measures> against_other;      ///< rows of the declared cluster: less the lot's other cells
  std::array<Contrast, n_measures> against_reference;  ///< less the lots of the reference source
  std::string status;                                  ///< OK; NOT_MEASURED: in no lot; FEW_CELLS: in no lot enough
  std::string flags;  ///< joined by ';': FEW_CELLS:lot,lot and NOT_MEASURED:lot,lot name lots that take no part
};

/// What one lot shows of a marker. A value a group, in their order; NaN with fewer than min_cells cells.
struct LotMarker {
  std::int32_t marker = 0, lot = 0;
  std::array<std::int64_t, n_groups> cells{};
  std::array<double, n_groups> share_expressing, share_high, mean, log2_cpm;
  std::string status;  ///< OK, NOT_MEASURED, FEW_CELLS (of the declared cluster)
};

struct MarkerExpression {
  std::vector<SourceMarker> sources;  ///< by marker; role (train first) and source, unions behind; group
  std::vector<LotMarker> lots;        ///< by marker, lot
};

/// How markers of the declared cluster are expressed in every source, the lot being the unit.
///
/// Two kinds of contrasts, each of the lots' log2 counts per million (pseudobulk) and of their share of high cells:
/// - the declared cluster less the other cells of the same lot, paired over the lots of a source, of a role, and over
///   all mapped lots: sign flips;
/// - a source less the lots of the reference source (roles train and test; for reference lots that are no training
///   lots, less the training lots): all choices of which lots are called the source's, by Student's t.
/// log2 CPM = log2(1e6 (count / N + p / M) / (1 + 2 p / M)) with p the prior count and M the reference's depth, for
/// all groups and lots alike, so that a lot's value depends on no other mapped lot.
///
/// Collective; everything is replicated and has the same bits on any layout. std::logic_error for sizes that do not
/// fit.
MarkerExpression marker_expression(MPI_Comm comm, const matrix::Lots& lots, std::span<const Marker> markers,
                                   const MarkerCells& cells, const MarkerReference& reference,
                                   const MarkerExpressionOptions& options);

/// tables/source_markers.tsv: a row a marker, role, source and group.
matrix::Table source_marker_table(std::span<const Marker> markers, const MarkerReference& reference,
                                  const MarkerExpression& found, const MarkerExpressionOptions& options);
/// tables/source_marker_tests.tsv: a row a contrast and measure.
matrix::Table source_marker_test_table(std::span<const Marker> markers, const MarkerExpression& found,
                                       const MarkerExpressionOptions& options);
/// tables/source_marker_density.tsv, for violins: cells by expression in bins of 0.1; those without a count are a row
/// from 0 to 0. Empty bins have no row.
matrix::Table source_marker_density_table(const matrix::Lots& lots, std::span<const Marker> markers,
                                          const MarkerCells& cells, const MarkerExpressionOptions& options);
/// tables/source_marker_lots.tsv: each lot's share of the declared cluster and expression beside what it does; a row a
/// marker, lot and outcome (one without, if there is no outcome).
matrix::Table source_marker_lot_table(const matrix::Lots& lots, std::span<const Marker> markers,
                                      const MarkerExpression& found, std::span<const association::Outcome> outcomes,
                                      const MarkerExpressionOptions& options);

}  // namespace miura::sources
