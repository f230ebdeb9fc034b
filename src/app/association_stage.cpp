#include <fmt/format.h>

#include <algorithm>

#include "app/stages.hpp"
#include "miura/association/cluster_association.hpp"
#include "miura/association/tables.hpp"
#include "miura/base/log.hpp"
#include "miura/input/sample_sheet.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

namespace {

/// The same composition with some of its lots.
matrix::Composition with_lots(const matrix::Composition& all, std::span<const std::int32_t> lots) {
  auto part = all;
  part.n_lots = static_cast<std::int32_t>(lots.size());
  part.count.clear();
  part.lot_size.clear();
  for (std::int32_t c = 0; c < all.n_clusters; ++c)
    for (const auto l : lots) part.count.push_back(all.cells(c, l));
  for (const auto l : lots) part.lot_size.push_back(all.lot_size[l]);
  return part;
}

}  // namespace

void association_stage(MPI_Comm comm, Study& study, const RunOptions& o, const std::filesystem::path& sheet) {
  std::vector<std::int32_t> training;
  matrix::Lots training_lots;
  for (std::size_t l = 0; l < study.lots.size(); ++l)
    if (study.lots[l].role == "train") {
      training.push_back(static_cast<std::int32_t>(l));
      training_lots.push_back(study.lots[l]);
    }
  auto options = o.association;
  options.primary = split_list(o.primary);
  auto names = split_list(o.outcomes);
  for (const auto& name : options.primary)
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);

  std::vector<association::Outcome> outcomes;
  parallel::together(comm, [&] {
    for (auto& outcome : input::read_outcomes(sheet, training_lots, names))
      outcomes.push_back({std::move(outcome.name), std::move(outcome.value)});
  });
  const std::vector<matrix::Composition> partitions{with_lots(study.composition, training)};
  const auto found = association::associate(comm, partitions, outcomes, options);
  study.association_table = association::association_table(found);
  auto warnings = found.warnings;
  for (const auto l : found.left_out)
    warnings.push_back(fmt::format("lot {} has {} labelled cells, fewer than {}: left out of the association",
                                   training_lots[l].id, partitions[0].lot_size[l],
                                   std::max<std::int64_t>(1, options.min_cells_per_lot)));
  study.training_lots = std::move(training);
  study.outcomes = std::move(outcomes);
  for (const auto& warning : warnings) {
    study.warnings.push_back(warning);
    log::warn(warning);
  }
}

}  // namespace miura::app
