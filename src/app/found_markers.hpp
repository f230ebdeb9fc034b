#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "app/run_options.hpp"
#include "app/study.hpp"
#include "miura/markers/lot_consistency.hpp"
#include "miura/markers/rank_sum.hpp"
#include "miura/matrix/pseudobulk.hpp"

namespace miura::app {

/// What was found of some contrasts and all genes, over lots and over cells; both have the same contrasts.
struct FoundMarkers {
  markers::LotConsistency lots;
  markers::RankSums cells;

  std::int32_t n_contrasts() const { return static_cast<std::int32_t>(std::ssize(cells.contrast)); }
  /// Whether two lots or more can be compared, so that they order the genes.
  bool by_lots(std::int32_t contrast) const { return lots.n_lots[contrast] >= 2; }
};

/// A gene that is higher, or lower, inside of a contrast than outside.
struct Marker {
  std::int32_t contrast = 0, gene = 0;
  std::int64_t rank = 0;  ///< from 1, among the contrast's markers of the same direction
  bool up = true;
};

/// Tests every gene of the study in contrasts of the primary clusters, of training cells. `sums` are those of
/// sums_of_groups(). Collective.
FoundMarkers find_markers(MPI_Comm comm, const Study& study, const matrix::Pseudobulk& sums,
                          const markers::Contrasts& contrasts, const RunOptions& o);

/// All genes, the most clearly higher ones of the contrast first and the most clearly lower ones last: by lots, or by
/// cells where no two lots can be compared.
std::vector<std::int32_t> genes_in_order(const FoundMarkers& found, std::int32_t contrast);

/// The foremost genes up, from the front of the order, and then down, from its back; `top` of each, 0: all. A gene's
/// strength is above 0 where it is higher inside and below where it is lower; one of neither is left out.
std::vector<Marker> foremost_genes(std::span<const std::int32_t> order, std::span<const double> strength,
                                   std::int64_t top);

/// The foremost genes up and down of each contrast, `top` of each; 0: all that differ at all.
std::vector<Marker> foremost_markers(const FoundMarkers& found, std::int64_t top);

/// The rows as a table with the columns of tables/markers.tsv; after the cluster `other` where pairs were compared.
matrix::Table marker_table(const std::string& name, const Study& study, const FoundMarkers& found,
                           const std::vector<Marker>& rows);

}  // namespace miura::app
