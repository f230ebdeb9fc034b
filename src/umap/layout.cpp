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

constexpr int n_rounds = 8;

/// The order in which positions are kept: by round, then by vertex. So what one rank moves in a round lies side by
/// side, and what all ranks move in it too:
///
///     round 0: rank 0, rank 1, ... | round 1: rank 0, rank 1, ... | ...
class Order {
public:
  Order(const parallel::Partition& vertices, int rank, std::uint64_t seed)
      : slot_(vertices.size()), start_(n_rounds + 1), first_mine_(n_rounds), n_mine_(n_rounds) {
    const auto key = stats::mix(seed);
    const auto round_of = [&](std::int64_t i) { return stats::mix(key ^ static_cast<std::uint64_t>(i)) % n_rounds; };
    for (std::int64_t i = 0; i < vertices.size(); ++i) ++start_[round_of(i) + 1];
    std::partial_sum(start_.begin(), start_.end(), start_.begin());
    auto next = start_;
    for (std::int64_t i = 0; i < vertices.size(); ++i) {
      if (i == vertices.begin(rank)) first_mine_.assign(next.begin(), next.end() - 1);
      const auto round = round_of(i);
      slot_[i] = next[round]++;
      if (i >= vertices.begin(rank) && i < vertices.end(rank)) ++n_mine_[round];
    }
  }

  std::int32_t slot(std::int64_t vertex) const noexcept { return slot_[vertex]; }
  std::int32_t start(int round) const noexcept { return start_[round]; }
  std::int32_t first_mine(int round) const noexcept { return first_mine_[round]; }
  std::int32_t n_mine(int round) const noexcept { return n_mine_[round]; }

private:
  std::vector<std::int32_t> slot_, start_, first_mine_, n_mine_;
};

/// The edges of this rank's vertices that pull at least once, in the order of their slots.
struct Pulls {
  std::vector<std::int64_t> row_start{0};
  std::vector<std::int32_t> other;  ///< slot
  std::vector<std::uint32_t> rate;
};

Pulls pulls_of(MPI_Comm comm, const matrix::Graph& graph, const Order& order, std::int32_t epochs) {
  const auto first = graph.vertices.begin(parallel::rank_of(comm));
  const auto largest = parallel::max_over_ranks(
      comm, graph.weight.empty() ? std::int64_t{0} : std::int64_t{std::ranges::max(graph.weight)});
  std::vector<std::int64_t> by_slot(graph.n_local());
  std::iota(by_slot.begin(), by_slot.end(), std::int64_t{0});
  std::ranges::sort(by_slot, {}, [&](std::int64_t i) { return order.slot(first + i); });
  Pulls pulls;
  for (const auto i : by_slot) {
    for (auto e = graph.row_start[i]; e < graph.row_start[i + 1]; ++e) {
      if (std::int64_t{graph.weight[e]} * epochs < largest) continue;
      pulls.other.push_back(order.slot(graph.neighbor[e]));
      pulls.rate.push_back(Schedule::rate(static_cast<double>(graph.weight[e]) / static_cast<double>(largest)));
    }
    pulls.row_start.push_back(std::ssize(pulls.other));
  }
  return pulls;
}

/// Where in its period an edge starts to pull; another place for its other direction.
std::uint32_t phase(std::int32_t from, std::int32_t to) noexcept {
  return static_cast<std::uint32_t>(from) * 0x9E3779B1U + static_cast<std::uint32_t>(to) * 0x85EBCA77U;
}

/// Positions, the same on every rank, and what moves them.
class Optimizer {
public:
  Optimizer(MPI_Comm comm, const matrix::Graph& graph, const LayoutOptions& options, std::int32_t epochs)
      : comm_(comm),
        options_(options),
        epochs_(epochs),
        forces_(fit_curve(options.min_dist, options.spread)),
        order_(graph.vertices, parallel::rank_of(comm), options.seed),
        pulls_(pulls_of(comm, graph, order_, epochs)),
        at_(graph.vertices.size()) {}

  /// Takes the start, with a little noise, so that points in one place can part.
  void start(const std::vector<double>& start) {
    constexpr double noise = 1e-3;
    for (std::int64_t i = 0; i < std::ssize(at_); ++i) {
      stats::RandomStream random(options_.seed, stats::Purpose::umap, static_cast<std::uint64_t>(i));
      auto& at = at_[order_.slot(i)];
      at.x = static_cast<float>(start[2 * i] + noise * (random.uniform() - 0.5));
      at.y = static_cast<float>(start[2 * i + 1] + noise * (random.uniform() - 0.5));
    }
  }

  void run() {
    for (std::int32_t epoch = 0; epoch < epochs_; ++epoch) {
      std::int64_t row = 0;  // of pulls_
      for (int round = 0; round < n_rounds; ++round) {
        move(static_cast<std::uint32_t>(epoch), round, row);
        row += order_.n_mine(round);
      }
    }
  }

  Point at(std::int64_t vertex) const noexcept { return at_[order_.slot(vertex)]; }

private:
  /// Moves this rank's vertices of a round, and lets all ranks know.
  void move(std::uint32_t epoch, int round, std::int64_t first_row) {
    const auto n = order_.n_mine(round);
    const float step = 1 - static_cast<float>(epoch) / static_cast<float>(epochs_);
    const Walk walk(forces_, at_, step, options_.negatives);
    const auto key = stats::mix(stats::mix(options_.seed) + epoch);
    moved_.resize(2 * std::int64_t{n});
#pragma omp parallel for schedule(dynamic, 256)
    for (std::int32_t m = 0; m < n; ++m) {
      const auto self = order_.first_mine(round) + m;
      Draws draws(stats::mix(key ^ static_cast<std::uint64_t>(self)), static_cast<std::uint32_t>(at_.size()));
      auto at = at_[self];
      for (auto e = pulls_.row_start[first_row + m]; e < pulls_.row_start[first_row + m + 1]; ++e) {
        const auto other = pulls_.other[e];
        if (Schedule::pulls(pulls_.rate[e], phase(self, other), epoch))
          at = walk.pulled_and_pushed(at, at_[other], draws, self);
        if (Schedule::pulls(pulls_.rate[e], phase(other, self), epoch)) at = walk.pulled(at, at_[other]);
      }
      moved_[2 * m] = at.x;
      moved_[2 * m + 1] = at.y;
    }
    const auto all = parallel::gather_everywhere<float>(comm_, moved_);
    for (std::int64_t i = 0; i < std::ssize(all) / 2; ++i) at_[order_.start(round) + i] = {all[2 * i], all[2 * i + 1]};
  }

  MPI_Comm comm_;
  const LayoutOptions& options_;
  std::int32_t epochs_;
  Forces forces_;
  Order order_;
  Pulls pulls_;
  std::vector<Point> at_;     // by slot; replicated
  std::vector<float> moved_;  // x, y of this rank's vertices of a round
};

}  // namespace

matrix::Embedding layout(MPI_Comm comm, const matrix::Graph& graph, const LayoutOptions& options) {
  constexpr std::int64_t few = 10'000;
  if (options.epochs < 0 || options.negatives < 0) throw UsageError("umap: epochs and negatives cannot be negative");
  if (graph.vertices.size() > std::numeric_limits<std::int32_t>::max())
    throw Error(ExitCode::internal, "umap: more than 2^31 - 1 points");
  const auto epochs = options.epochs > 0 ? options.epochs : graph.vertices.size() <= few ? 500 : 200;
  Optimizer optimizer(comm, graph, options, epochs);
  optimizer.start(spectral_start(comm, graph, options.seed));
  optimizer.run();
  matrix::Embedding result{graph.vertices, 2, {}};
  const int rank = parallel::rank_of(comm);
  for (auto i = graph.vertices.begin(rank); i < graph.vertices.end(rank); ++i) {
    const auto at = optimizer.at(i);
    result.value.insert(result.value.end(), {at.x, at.y});
  }
  return result;
}

}  // namespace miura::umap
