#include "app/study_size.hpp"

#include <algorithm>
#include <cmath>

#include "app/configuration.hpp"
#include "app/integration.hpp"

namespace miura::app {

StudySize study_size(const matrix::Lots& lots, const std::vector<input::LotExtent>& extents, const RunOptions& o) {
  StudySize size;
  size.lots = std::ssize(lots);
  size.of_lots = extents;
  std::vector<std::int64_t> of_training;
  for (std::size_t l = 0; l < lots.size(); ++l) {
    const auto& [cells, features, entries, bytes] = extents[l];
    size.cells += cells;
    size.entries += entries;
    size.features = std::max(size.features, features);
    size.cells_of_largest_lot = std::max(size.cells_of_largest_lot, cells);
    size.entries_of_largest_lot = std::max(size.entries_of_largest_lot, entries);
    size.tables |= cells > 0 && entries == cells * features;
    if (lots[l].role == "train") of_training.push_back(cells);
  }
  size.training_lots = std::ssize(of_training);
  auto cap = o.reference.cells_per_lot;
  if (cap == 0 && !of_training.empty()) {  // the median, as qc::reference_cells has it
    std::ranges::sort(of_training);
    cap = of_training[(of_training.size() - 1) / 2];
  }
  for (std::size_t l = 0; l < lots.size(); ++l) {
    const bool trains = lots[l].role == "train";
    size.training_cells += trains ? extents[l].cells : 0;
    size.reference_of_lots.push_back(trains ? std::min(extents[l].cells, cap) : 0);
    size.reference_cells += size.reference_of_lots.back();
  }
  const auto integrations = integration_plan(lots, o).by;
  const auto uncorrected = std::ranges::count(integrations, integrate::By::none);
  size.integrations = std::ssize(integrations) - uncorrected;
  size.graphs = size.integrations + 1;  // what is not corrected is shown beside it
  size.reference_entries =
      size.cells > 0 ? std::llround(static_cast<double>(size.entries) * static_cast<double>(size.reference_cells) /
                                    static_cast<double>(size.cells))
                     : 0;
  return size;
}

std::vector<double> owned_reference_cells(const StudySize& size, int ranks) {
  std::vector<double> owned(ranks);
  for_each_owner(size, ranks, [&](std::size_t l, int owner, double share) {
    owned[owner] += share * static_cast<double>(size.reference_of_lots[l]);
  });
  return owned;
}

double relabelings(const StudySize& size, std::int32_t exact_up_to, double drawn) {
  return size.training_lots <= exact_up_to ? std::tgamma(static_cast<double>(size.training_lots) + 1) : drawn;
}

bool tests_neighborhoods(const StudySize& size, const RunOptions& o) {
  return o.neighborhoods && size.training_lots <= o.neighborhood_max_lots;
}

double neighborhood_relabelings(const StudySize& size, const RunOptions& o) {
  const auto most = static_cast<double>(o.neighborhood_permutations);
  return std::min(most, relabelings(size, o.association.relabelings.exact_up_to, most));
}

double variable_features(const StudySize& size, const RunOptions& o) {
  return static_cast<double>(size.tables ? size.features : std::min<std::int64_t>(size.features, o.variable.n_genes));
}

/// They are a tenth of the genes, and not the largest ones.
double variable_share(const StudySize& size, const RunOptions& o) {
  if (size.tables) return 1;
  return std::min(1.0,
                  1.3 * static_cast<double>(o.variable.n_genes) / std::max(1.0, static_cast<double>(size.features)));
}

double pairs_of_clusters(const RunOptions& o) {
  if (o.marker_pairs == "all") return usual_clusters * (usual_clusters - 1) / 2;
  return static_cast<double>(split_list(o.marker_pairs).size());
}

double resampled_cells(const StudySize& size, const RunOptions& o) {
  return static_cast<double>(std::min(size.reference_cells, o.stability_cells));
}

double n_partitions(const RunOptions& o) {
  return 1 + static_cast<double>(grid_resolutions(o).size()) * static_cast<double>(std::max(1, o.seeds));
}

}  // namespace miura::app
