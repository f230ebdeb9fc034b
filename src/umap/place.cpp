#include "miura/umap/place.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"
#include "umap/forces.hpp"
#include "umap/memberships.hpp"

namespace miura::umap {

namespace {

constexpr float first_step = 0.25F;  // of that of a layout, as umap-learn's transform

/// Names the draws of a point by what its place may depend on: its neighbours, not its index.
std::uint64_t name_of(std::uint64_t seed, std::span<const std::int64_t> ids, std::span<const float> distances) {
  auto name = stats::mix(seed);
  for (std::size_t c = 0; c < ids.size(); ++c) {
    name = stats::mix(name ^ static_cast<std::uint64_t>(ids[c]));
    name = stats::mix(name ^ std::bit_cast<std::uint32_t>(distances[c]));
  }
  return name;
}

/// When a neighbour pulls, as Schedule has it.
struct Turns {
  std::uint32_t rate, phase;
};

/// One point's nearest reference points, how strongly they pull, and when; scratch of a thread.
struct Neighborhood {
  std::span<const std::int64_t> ids;
  std::vector<double> degree;  // the first ids.size() count
  std::vector<Turns> turns;    // likewise
};

Point weighted_mean(const Neighborhood& near, std::span<const Point> reference) {
  double x = 0, y = 0, all = 0;
  for (std::size_t c = 0; c < near.ids.size(); ++c) {
    x += near.degree[c] * reference[near.ids[c]].x;
    y += near.degree[c] * reference[near.ids[c]].y;
    all += near.degree[c];
  }
  return {static_cast<float>(x / all), static_cast<float>(y / all)};
}

void take_turns(Neighborhood& near, std::uint64_t name) {
  const auto degree = std::span(near.degree).first(near.ids.size());
  const double largest = std::ranges::max(degree);
  for (std::size_t c = 0; c < degree.size(); ++c)
    near.turns[c] = {Schedule::rate(degree[c] / largest), static_cast<std::uint32_t>(stats::mix(name ^ c))};
}

Point refined(Point at, const Neighborhood& near, std::span<const Point> reference, const Forces& forces,
              std::uint64_t name, const PlaceOptions& options) {
  constexpr std::int64_t nobody = -1;  // the point is not of the reference: all of it may push
  for (std::int32_t epoch = 0; epoch < options.epochs; ++epoch) {
    const Walk walk(forces, reference,
                    first_step * (1 - static_cast<float>(epoch) / static_cast<float>(options.epochs)),
                    options.negatives);
    Draws draws(stats::mix(name + static_cast<std::uint64_t>(epoch)), static_cast<std::uint32_t>(reference.size()));
    for (std::size_t c = 0; c < near.ids.size(); ++c)
      if (Schedule::pulls(near.turns[c].rate, near.turns[c].phase, static_cast<std::uint32_t>(epoch)))
        at = walk.pulled_and_pushed(at, reference[near.ids[c]], draws, nobody);
  }
  return at;
}

std::vector<Point> replicated(MPI_Comm comm, const matrix::Embedding& reference) {
  const auto values = parallel::gather_everywhere<float>(comm, reference.value);
  std::vector<Point> points(values.size() / 2);
  for (std::size_t i = 0; i < points.size(); ++i) points[i] = {values[2 * i], values[2 * i + 1]};
  return points;
}

}  // namespace

matrix::Embedding place(MPI_Comm comm, const matrix::Neighbors& queries_to_reference,
                        const matrix::Embedding& reference, const PlaceOptions& options) {
  const auto k = options.k;
  if (k < 1 || k > queries_to_reference.k)
    throw UsageError("umap: " + std::to_string(k) + " neighbors cannot be had of a search for " +
                     std::to_string(queries_to_reference.k));
  if (options.epochs < 0 || options.negatives < 0) throw UsageError("umap: epochs and negatives cannot be negative");
  const Forces forces(fit_curve(options.min_dist, options.spread));
  const auto points = replicated(comm, reference);
  const auto n = queries_to_reference.n_local();
  constexpr float nowhere = std::numeric_limits<float>::quiet_NaN();
  matrix::Embedding result{queries_to_reference.queries, 2, std::vector<float>(2 * n, nowhere)};
  Neighborhood near{{}, std::vector<double>(k), std::vector<Turns>(k)};
#pragma omp parallel for schedule(dynamic, 256) firstprivate(near)
  for (std::int64_t q = 0; q < n; ++q) {
    const auto from = q * queries_to_reference.k;
    near.ids = std::span(queries_to_reference.id).subspan(from, k);
    near.ids = near.ids.first(existing(near.ids));
    if (near.ids.empty()) continue;
    const auto distances = std::span(queries_to_reference.distance).subspan(from, std::ssize(near.ids));
    memberships(distances, near.degree);
    const auto name = name_of(options.seed, near.ids, distances);
    take_turns(near, name);
    const auto at = refined(weighted_mean(near, points), near, points, forces, name, options);
    result.value[2 * q] = at.x;
    result.value[2 * q + 1] = at.y;
  }
  return result;
}

}  // namespace miura::umap
