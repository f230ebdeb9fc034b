#pragma once

#include <mpi.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "miura/matrix/embedding.hpp"
#include "miura/matrix/graph.hpp"
#include "miura/transfer/anchors.hpp"
#include "miura/transfer/cells.hpp"
#include "miura/transfer/centroids.hpp"

namespace miura::transfer {

enum class Mode {
  anchor,     ///< Seurat's FindTransferAnchors and TransferData: up to some 1e6 cells a lot
  compressed  ///< shift by soft clusters and vote of the nearest (Symphony): for millions
};

struct MapOptions {
  Mode mode = Mode::anchor;
  std::int32_t dims = 30;    ///< components used, the first of them (Seurat's default); all where there are fewer
  std::int32_t k_dist = 30;  ///< reference cells of which `knn_dist` is the mean distance, and which vote if compressed
  std::int32_t k_around =
      15;  ///< cells of the same lot, itself among them, with which one is judged; unused if compressed
  AnchorOptions anchor = {};
  CentroidOptions centroids = {};
  void (*safe_point)(MPI_Comm) = nullptr;  ///< called by all ranks where lots are held out in turn; may throw on all
};

/// Why a cell has no label, or that it has one.
enum class Status : std::uint8_t {
  ok,
  low_score,   ///< no label is likely enough
  outside,     ///< farther from the reference than its own lots are from each other
  no_weight,   ///< all anchors near it have weight 0
  no_anchors,  ///< its whole lot has no anchor
};
/// OK, LOW_SCORE, OUTSIDE, NO_WEIGHT, NO_ANCHORS.
std::string_view word_for(Status status);

/// One entry a query cell of this rank; label_score has n_labels.
struct Mapping {
  std::int32_t n_labels = 0;
  std::vector<double> label_score;           ///< cells x n_labels; a row sums to 1, or is NaN where nothing spoke
  std::vector<std::int32_t> label;           ///< largest score; -1 where nothing spoke
  std::vector<std::int32_t> second_label;    ///< next largest, if above 0; else -1
  std::vector<double> mapping_score;         ///< the largest score, in [0, 1]; NaN where nothing spoke
  std::vector<double> margin;                ///< above the second; NaN likewise
  std::vector<double> knn_dist;              ///< mean cosine distance to the k_dist nearest reference cells, in [0, 2]
  std::vector<double> p_outlier;             ///< of the cell; NaN until `reject`
  std::vector<double> p_neighborhood;        ///< of the cell and those around it; NaN until `reject`, and if compressed
  std::vector<std::int32_t> n_anchors_used;  ///< 0 if compressed
  std::vector<Status> status;
  parallel::Partition cells;         ///< of the lot
  std::vector<std::int64_t> around;  ///< cells x k_around: global rows of the nearest of the lot; empty if compressed
  Anchors anchors;                   ///< of this rank's reference cells; none if compressed

  std::int64_t n_cells() const noexcept { return std::ssize(label); }
  /// The label in the end: -1 (unassigned) unless the status is ok.
  std::int32_t assigned(std::int64_t cell) const noexcept { return status[cell] == Status::ok ? label[cell] : -1; }
};

/// A reference with what is the same for all lots.
struct PreparedReference {
  Reference cells;
  matrix::Embedding unit;                ///< scores as rows of length 1
  matrix::Neighbors neighborhood;        ///< anchor: the k_score nearest of each cell, itself first
  Centroids centroids;                   ///< compressed
  std::vector<std::int64_t> first_cell;  ///< of each label, by global index; equal scores go to the lower one
};

/// What of a prepared reference is known already, and need not be searched for.
struct KnownOfReference {
  std::optional<matrix::Neighbors> neighborhood;
  std::optional<Centroids> centroids;
};

/// Collective. std::logic_error for labels out of range. UsageError for options out of range.
PreparedReference prepare(MPI_Comm comm, Reference reference, const MapOptions& options, KnownOfReference known = {});

/// Transfers labels to the cells of one lot. A lot's rows depend on no other lot.
///
/// anchor: anchors as `find_anchors`; each query cell listens to the k_weight nearest query cells that have anchors (in
/// the plain scores) and takes their anchors, nearest first, until it has k_weight; weight 1 - exp(-d s
/// (sd_weight/2)^2) with d = 1 - distance / that of the last, s the anchor's score; score of a label: its share of the
/// weights (Seurat's TransferData, weight.reduction = "pcaproject"). Fewer than k_weight cells with anchors: all of
/// them. Where the last is at distance 0 all have d = 1.
///
/// compressed: scores are shifted by soft clusters (`shifted`), then the k_dist nearest by cosine vote.
///
/// Collective over `comm`. Same bits on any number of ranks and threads.
Mapping map_lot(MPI_Comm comm, const PreparedReference& reference, const Query& query, const MapOptions& options);

}  // namespace miura::transfer
