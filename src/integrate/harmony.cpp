#include "miura/integrate/harmony.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "integrate/correction.hpp"
#include "integrate/directions.hpp"
#include "integrate/first_centers.hpp"
#include "integrate/soft_clusters.hpp"
#include "integrate/weighted_sums.hpp"
#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::integrate {

namespace {

void check(const HarmonyOptions& o) {
  const auto refuse = [](const std::string& what) { throw UsageError("integrate: " + what); };
  if (!(o.theta >= 0 && std::isfinite(o.theta))) refuse("theta must be 0 or more");
  if (!(o.sigma > 0 && std::isfinite(o.sigma))) refuse("sigma must be above 0");
  if (!(o.lambda >= 0 && std::isfinite(o.lambda))) refuse("lambda must be 0 (by alpha) or more");
  if (!(o.alpha > 0 && std::isfinite(o.alpha))) refuse("alpha must be above 0");
  if (o.n_clusters < 0) refuse("the number of clusters must be 0 (automatic) or more");
  if (o.max_iterations < 1 || o.max_rounds < 1) refuse("at least one iteration and one round are needed");
  if (!(o.block_size > 0 && o.block_size <= 1)) refuse("block_size must be above 0 and at most 1");
  if (!(o.epsilon_cluster >= 0 && o.epsilon_harmony >= 0)) refuse("epsilons must be 0 or more");
}

void check(MPI_Comm comm, const matrix::Embedding& cells, std::span<const std::int32_t> batch) {
  if (cells.points.size() > most_cells) throw std::length_error("integrate: more than 2^27 cells");
  parallel::together(comm, [&] {
    if (std::ssize(batch) != cells.points.n_local(parallel::rank_of(comm)) ||
        std::ssize(cells.value) != std::ssize(batch) * cells.n_dims)
      throw std::logic_error("integrate: coordinates or batches are not of this rank's cells");
    if (std::ranges::any_of(batch, [](std::int32_t b) { return b < 0; }))
      throw std::logic_error("integrate: a cell without batch");
    if (std::ranges::any_of(cells.value, [](float x) { return !std::isfinite(x); }))
      throw std::logic_error("integrate: a coordinate that is not finite");
  });
}

std::int32_t clusters_for(std::int64_t n_cells, int wanted) {
  const auto automatic = std::clamp<std::int64_t>((n_cells + 15) / 30, 1, 100);
  return static_cast<std::int32_t>(std::min(n_cells, wanted > 0 ? wanted : automatic));
}

/// Batches renumbered without gaps: only those that have cells.
struct Occupied {
  std::vector<std::int32_t> batch;  ///< of this rank's cells
  std::int32_t n = 0;
};

Occupied occupied_batches(MPI_Comm comm, std::span<const std::int32_t> batch) {
  const auto largest = batch.empty() ? -1 : *std::ranges::max_element(batch);
  std::vector<std::int64_t> n_cells(parallel::max_over_ranks(comm, std::int64_t{largest}) + 1);
  for (const auto b : batch) ++n_cells[b];
  parallel::sum_over_ranks(comm, n_cells);
  Occupied occupied;
  std::vector<std::int32_t> renumbered(n_cells.size());
  for (std::int64_t b = 0; b < std::ssize(n_cells); ++b) {
    renumbered[b] = occupied.n;
    if (n_cells[b] > 0) ++occupied.n;
  }
  for (const auto b : batch) occupied.batch.push_back(renumbered[b]);
  return occupied;
}

bool rests(MPI_Comm comm, double before, double now, double epsilon) {
  const int decided = epsilon > 0 && before - now < epsilon * std::abs(before);
  return parallel::max_over_ranks(comm, decided) != 0;  // together, should processors differ in a logarithm
}

}  // namespace

HarmonyResult harmony(MPI_Comm comm, const matrix::Embedding& cells, std::span<const std::int32_t> batch,
                      const HarmonyOptions& options) {
  check(options);
  check(comm, cells, batch);
  const auto occupied = occupied_batches(comm, batch);
  HarmonyResult result{cells, {}};
  auto& report = result.report;
  report.n_batches = occupied.n;
  if (occupied.n < 2 || cells.n_dims == 0) return result;

  report.n_clusters = clusters_for(cells.points.size(), options.n_clusters);
  auto& corrected = result.corrected.value;
  std::vector<float> directions(corrected.size());
  to_unit_length(corrected, cells.n_dims, directions);
  SoftClusters clusters(comm, cells.points, occupied.batch, occupied.n,
                        first_centers(comm, cells.points, directions, cells.n_dims, report.n_clusters, options.seed),
                        options);
  double objective = clusters.start(directions);
  report.converged = false;
  while (!report.converged && std::ssize(report.rounds) < options.max_iterations) {
    const auto fit = clusters.settle(directions);
    correct(comm, cells, clusters, options, corrected);
    to_unit_length(corrected, cells.n_dims, directions);
    report.converged = rests(comm, objective, fit.objective, options.epsilon_harmony);
    report.rounds.push_back(fit.rounds);
    report.objective.push_back(fit.objective);
    objective = fit.objective;
  }
  return result;
}

}  // namespace miura::integrate
