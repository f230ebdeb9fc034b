#include <fmt/format.h>

#include <algorithm>

#include "app/sources.hpp"
#include "app/stages.hpp"
#include "miura/base/log.hpp"
#include "miura/input/sample_sheet.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

SourcesStage sources_stage(MPI_Comm comm, const Study& study, const RunOptions& o, const std::filesystem::path& sheet) {
  SourcesStage stage;
  const auto* association = study.association.table("association");
  if (!study.mapping.any() || association == nullptr) return stage;
  const auto& mapping = study.mapping;
  const auto declaration =
      declare(*association, mapping.transferred, mapping.label_name, o.sources_cluster, o.association.alpha);
  if (!declaration.cluster.empty() && !declaration.significant) {
    stage.warnings.push_back(
        fmt::format("cluster {} is looked at in the mapped lots, though the training lots do not declare it at {}",
                    declaration.cluster, o.association.alpha));
    log::warn(stage.warnings.back());
  }
  std::vector<association::Outcome> outcomes;
  parallel::together(comm, [&] {
    for (auto& column : input::read_outcomes(sheet, study.lots, outcomes_named(o)))
      outcomes.push_back({std::move(column.name), std::move(column.value)});
  });
  const auto markers = study.cells.is_table ? std::vector<sources::Marker>{} : chosen_markers(o, study.cells.features);
  MappedLots mapped{.lots = study.lots,
                    .composition = mapping.composition,
                    .outcomes = outcomes,
                    .markers = {},
                    .reference_source = source_of_training(study.lots),
                    .mapped_lots = mapping.lots};
  if (!markers.empty())
    mapped.markers = count_markers_of(comm, study, mapping.label_of_cells(), declaration.label, markers, o);
  stage.tables = source_tables(comm, mapped, declaration, markers, o);
  return stage;
}

}  // namespace miura::app
