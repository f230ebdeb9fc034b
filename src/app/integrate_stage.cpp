#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/integration.hpp"
#include "app/stages.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"

namespace miura::app {

integrate::Plan integration_plan(const matrix::Lots& lots, const RunOptions& o) {
  return integrate::plan_integration(training_lots(lots), split_list(o.integrate_by));
}

void check_integration(const matrix::Lots& lots, const RunOptions& o, const std::filesystem::path& sheet) {
  try {
    integration_plan(lots, o);
  } catch (const InputError& error) {
    throw error.of_file(sheet);
  }
}

std::vector<std::string> doubts_about_integration(const matrix::Lots& lots, const RunOptions& o) {
  std::vector<std::string> warnings;
  const auto training = training_lots(lots);
  for (const auto by : integration_plan(lots, o).by) {
    if (by == integrate::By::lot)
      warnings.emplace_back(
          "integrated by lot: what truly differs between lots may be taken away with what is technical; compare the "
          "associations without integration");
    if (by != integrate::By::chemistry) continue;
    const auto batches = integrate::batches_of(training, by);
    for (std::int32_t b = 0; b < std::ssize(batches.name); ++b)
      if (std::ranges::count(batches.of_lot, b) == 1)
        warnings.push_back(fmt::format(
            "integrated by chemistry, but {} is that of lot {} alone: what truly differs in this lot may be taken away",
            batches.name[b], training[std::ranges::find(batches.of_lot, b) - batches.of_lot.begin()].id));
  }
  return warnings;
}

std::vector<std::string> doubts_about_integration(const matrix::Lots& training,
                                                  std::span<const association::Outcome> outcomes, const RunOptions& o) {
  std::vector<std::string> warnings;
  const auto declared = integration_plan(training, o).by;
  if (std::ranges::find(declared, integrate::By::chemistry) == declared.end()) return warnings;
  const auto batches = integrate::batches_of(training, integrate::By::chemistry);
  for (const auto& outcome : outcomes)
    for (std::int32_t b = 0; b < std::ssize(batches.name); ++b) {
      std::vector<double> values;
      for (std::size_t l = 0; l < training.size(); ++l)
        if (batches.of_lot[l] == b && !std::isnan(outcome.value[l])) values.push_back(outcome.value[l]);
      if (values.size() > 1 && std::ranges::count(values, values.front()) == std::ssize(values))
        warnings.push_back(
            fmt::format("integrated by chemistry, but all lots of {} have the same {}: what goes with the outcome may "
                        "be taken away with the chemistry",
                        batches.name[b], outcome.name));
    }
  return warnings;
}

matrix::Embedding corrected_coordinates(MPI_Comm comm, const Study& study, integrate::By by, const RunOptions& o) {
  const auto& scores = study.pca.scores;
  const auto& lot_of = study.cells.cells.mine.lot;
  std::vector<std::int32_t> batch_of_lot(study.lots.size(), -1), batch;
  const auto batches = integrate::batches_of(training_lots(study.lots), by);
  for (std::size_t l = 0, t = 0; l < study.lots.size(); ++l)
    if (study.lots[l].role == "train") batch_of_lot[l] = batches.of_lot[t++];
  std::vector<std::uint8_t> trains;
  for (const auto lot : lot_of) {
    trains.push_back(batch_of_lot[lot] >= 0 ? 1 : 0);
    if (trains.back()) batch.push_back(batch_of_lot[lot]);
  }
  auto options = o.harmony;
  options.seed = o.common.seed;
  const auto found = integrate::harmony(comm, marked_rows(comm, scores, trains), batch, options);
  const auto& report = found.report;
  log::info(fmt::format("integrated by {}: {} batches, {} soft clusters, {} iterations{}", integrate::name_of(by),
                        report.n_batches, report.n_clusters, report.rounds.size(),
                        report.converged ? "" : " (not converged)"));
  matrix::Embedding all{scores.points, scores.n_dims, {}};
  all.value.assign(scores.value.size(), std::numeric_limits<float>::quiet_NaN());
  auto next = found.corrected.value.begin();
  for (std::int64_t i = 0; i < std::ssize(trains); ++i)
    if (trains[i]) {
      std::copy_n(next, scores.n_dims, all.value.begin() + i * scores.n_dims);
      next += scores.n_dims;
    }
  return all;
}

IntegrateStage integrate_stage(MPI_Comm comm, const Study& study, const RunOptions& o) {
  const auto plan = integration_plan(study.lots, o);
  const auto primary = plan.by.front();
  log::info(fmt::format("integration: {} ({})", integrate::name_of(primary), plan.reason));
  if (primary == integrate::By::none) return {};
  return {.by = integrate::name_of(primary), .corrected = corrected_coordinates(comm, study, primary, o)};
}

}  // namespace miura::app
