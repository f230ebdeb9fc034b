#include "miura/umap/layout.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"
#include "miura/umap/curve.hpp"
#include "umap/forces.hpp"
#include "umap/spectral_start.hpp"

namespace miura::umap {

namespace {

/// A vertex is pulled to another, at most once an epoch by each of the two directions of their edge.
struct Pull {
  std::int32_t other;
  std::uint32_t rate;  ///< of Schedule
};

/// What pulls this rank's vertices, by round and vertex. Both ends of an edge feel it in the same round, as they do in
/// umap-learn, which moves both at once:
///
///     round 0: [vertex 0][vertex 1]... | round 1: [vertex 0][vertex 1]... | ...
class Pulls {
public:
  Pulls(MPI_Comm comm, const matrix::Graph& graph, const Plan& plan, std::uint64_t seed)
      : n_(graph.n_local()), row_start_(plan.rounds * n_ + 1) {
    const auto first = graph.vertices.begin(parallel::rank_of(comm));
    const auto largest = parallel::max_over_ranks(
        comm, graph.weight.empty() ? std::int64_t{0} : std::int64_t{std::ranges::max(graph.weight)});
    const auto key = stats::mix(seed);
    const auto for_each = [&](auto&& visit) {  // edges that pull at least once, with their place in row_start_
      for (std::int64_t i = 0; i < n_; ++i)
        for (auto e = graph.row_start[i]; e < graph.row_start[i + 1]; ++e) {
          if (std::int64_t{graph.weight[e]} * plan.epochs < largest) continue;
          const auto self = first + i, other = graph.neighbor[e];
          const auto low = static_cast<std::uint64_t>(std::min(self, other));
          const auto high = static_cast<std::uint64_t>(std::max(self, other));
          const auto name = stats::mix(stats::mix(key ^ low) ^ high);
          visit(static_cast<std::int64_t>(name % static_cast<std::uint64_t>(plan.rounds)) * n_ + i, e);
        }
    };
    for_each([&](std::int64_t row, std::int64_t) { ++row_start_[row + 1]; });
    std::partial_sum(row_start_.begin(), row_start_.end(), row_start_.begin());
    auto next = row_start_;
    pull_.resize(row_start_.back());
    for_each([&](std::int64_t row, std::int64_t e) {
      pull_[next[row]++] = {static_cast<std::int32_t>(graph.neighbor[e]),
                            Schedule::rate(static_cast<double>(graph.weight[e]) / static_cast<double>(largest))};
    });
  }

  std::span<const Pull> of(std::int32_t round, std::int64_t vertex) const noexcept {
    const auto row = round * n_ + vertex;
    return std::span(pull_).subspan(row_start_[row], row_start_[row + 1] - row_start_[row]);
  }

private:
  std::int64_t n_;
  std::vector<std::int64_t> row_start_;
  std::vector<Pull> pull_;
};

/// Where in its period an edge starts to pull; another place for its other direction.
std::uint32_t phase(std::int32_t from, std::int32_t to) noexcept {
  return static_cast<std::uint32_t>(from) * 0x9E3779B1U + static_cast<std::uint32_t>(to) * 0x85EBCA77U;
}

/// The spectral start, with a little noise, so that points in one place can part.
std::vector<Point> start(MPI_Comm comm, const matrix::Graph& graph, std::uint64_t seed) {
  constexpr double noise = 1e-3;
  const auto spectral = spectral_start(comm, graph, seed);
  std::vector<Point> at;
  at.reserve(graph.vertices.size());
  for (std::int64_t i = 0; i < graph.vertices.size(); ++i) {
    stats::RandomStream random(seed, stats::Purpose::umap, static_cast<std::uint64_t>(i));
    const double x = spectral[2 * i] + noise * (random.uniform() - 0.5);
    at.push_back({static_cast<float>(x), static_cast<float>(spectral[2 * i + 1] + noise * (random.uniform() - 0.5))});
  }
  return at;
}

/// Positions, the same on every rank, and what moves them.
class Optimizer {
public:
  Optimizer(MPI_Comm comm, const matrix::Graph& graph, const LayoutOptions& options)
      : comm_(comm),
        options_(options),
        plan_(plan_for(graph.vertices.size(), options.epochs)),
        first_(graph.vertices.begin(parallel::rank_of(comm))),
        forces_(fit_curve(options.min_dist, options.spread)),
        pulls_(comm, graph, plan_, options.seed),
        moved_(graph.n_local()) {
    for (int rank = 0; rank < graph.vertices.ranks(); ++rank) {
      n_floats_.push_back(static_cast<int>(2 * graph.vertices.n_local(rank)));
      first_float_.push_back(static_cast<int>(2 * graph.vertices.begin(rank)));
    }
  }

  /// This rank's points at the end.
  std::vector<Point> run(std::vector<Point> at) {
    for (std::int32_t epoch = 0; epoch < plan_.epochs; ++epoch) {
      if (options_.safe_point != nullptr) options_.safe_point(comm_);
      for (std::int32_t round = 0; round < plan_.rounds; ++round) {
        move(at, epoch, round);
        MPI_Allgatherv(moved_.data(), 2 * static_cast<int>(std::ssize(moved_)), MPI_FLOAT, at.data(), n_floats_.data(),
                       first_float_.data(), MPI_FLOAT, comm_);
      }
    }
    return {at.begin() + first_, at.begin() + first_ + std::ssize(moved_)};
  }

private:
  /// One round of this rank's vertices; all others stay where they were at its start.
  void move(std::span<const Point> at, std::int32_t epoch, std::int32_t round) {
    constexpr std::int64_t worth_threads = 10'000;  // vertices of a round, some 0.3 ms
    const float step = 1 - static_cast<float>(epoch) / static_cast<float>(plan_.epochs);
    const Walk walk(forces_, at, step, options_.negatives);
    const auto key = stats::mix(stats::mix(options_.seed) + static_cast<std::uint64_t>(epoch) * plan_.rounds + round);
    const auto now = static_cast<std::uint32_t>(epoch);
#pragma omp parallel for schedule(dynamic, 1024) if (std::ssize(moved_) >= worth_threads)
    for (std::int64_t i = 0; i < std::ssize(moved_); ++i) {
      const auto self = static_cast<std::int32_t>(first_ + i);
      Draws draws(stats::mix(key ^ static_cast<std::uint64_t>(self)), static_cast<std::uint32_t>(at.size()));
      auto here = at[self];
      for (const auto& pull : pulls_.of(round, i)) {
        if (Schedule::pulls(pull.rate, phase(self, pull.other), now))
          here = walk.pulled_and_pushed(here, at[pull.other], draws, self);
        if (Schedule::pulls(pull.rate, phase(pull.other, self), now)) here = walk.pulled(here, at[pull.other]);
      }
      moved_[i] = here;
    }
  }

  MPI_Comm comm_;
  const LayoutOptions& options_;
  Plan plan_;
  std::int64_t first_;
  Forces forces_;
  Pulls pulls_;
  std::vector<Point> moved_;                 // this rank's vertices after a round
  std::vector<int> n_floats_, first_float_;  // coordinates of every rank
};

}  // namespace

Plan plan_for(std::int64_t n_vertices, std::int32_t epochs) {
  constexpr std::int64_t few = 10'000;
  const auto usual = n_vertices <= few ? Plan{750, 16} : Plan{200, 8};
  return {epochs > 0 ? epochs : usual.epochs, usual.rounds};
}

matrix::Embedding layout(MPI_Comm comm, const matrix::Graph& graph, const LayoutOptions& options) {
  if (options.epochs < 0 || options.negatives < 0) throw UsageError("umap: epochs and negatives cannot be negative");
  if (graph.vertices.size() > std::numeric_limits<int>::max() / 2)
    throw Error(ExitCode::internal, "umap: more than 2^30 points");
  Optimizer optimizer(comm, graph, options);
  matrix::Embedding result{graph.vertices, 2, {}};
  for (const auto& at : optimizer.run(start(comm, graph, options.seed)))
    result.value.insert(result.value.end(), {at.x, at.y});
  return result;
}

}  // namespace miura::umap
