#include "cluster/moving.hpp"

#include <omp.h>

#include <algorithm>
#include <cassert>
#include <limits>

#include "cluster/community_weights.hpp"
#include "miura/stats/random.hpp"

namespace miura::cluster {
namespace {

/// The classes of one round. A class can be told for any vertex of any rank.
class Classes {
public:
  Classes(const Turns& turns, int round)
      : key_(stats::mix(turns.seed ^ stats::mix(static_cast<std::uint64_t>(round)))), n_(turns.classes) {}

  std::int32_t of(std::int64_t vertex) const noexcept {
    const auto hash = stats::mix(key_ ^ static_cast<std::uint64_t>(vertex)) >> 32;
    return static_cast<std::int32_t>(hash * static_cast<std::uint64_t>(n_) >> 32);
  }
  std::int32_t n() const noexcept { return n_; }
  /// Of two equally good communities, the one with the smaller tie value wins; no two have the same.
  std::uint64_t tie(std::int32_t community) const noexcept {
    return stats::mix(key_ + static_cast<std::uint64_t>(community));
  }

private:
  std::uint64_t key_;
  std::int32_t n_;
};

/// The waiting vertices of this rank, class after class, ascending within a class.
struct Queue {
  std::vector<std::int32_t> vertex;  ///< local
  std::vector<std::int64_t> first;   ///< n_classes + 1

  std::span<const std::int32_t> of_class(std::int32_t k) const {
    return std::span(vertex).subspan(first[k], first[k + 1] - first[k]);
  }
};

Queue queue_up(const LevelGraph& level, const Classes& classes, std::span<const std::uint8_t> waiting) {
  const auto offset = level.first();
  std::vector<std::int32_t> class_of;
  class_of.reserve(waiting.size());
  Queue queue;
  queue.first.assign(classes.n() + 1, 0);
  for (std::int64_t v = 0; v < std::ssize(waiting); ++v) {
    class_of.push_back(waiting[v] ? classes.of(offset + v) : -1);
    if (waiting[v]) ++queue.first[class_of.back() + 1];
  }
  for (std::int32_t k = 0; k < classes.n(); ++k) queue.first[k + 1] += queue.first[k];
  queue.vertex.resize(queue.first.back());
  auto next = queue.first;
  for (std::int64_t v = 0; v < std::ssize(waiting); ++v)
    if (waiting[v]) queue.vertex[next[class_of[v]]++] = static_cast<std::int32_t>(v);
  return queue;
}

struct Move {
  std::int64_t vertex_and_target;  ///< global vertex << 32 | community
  std::int64_t degree;

  std::int32_t vertex() const noexcept { return static_cast<std::int32_t>(vertex_and_target >> 32); }
  std::int32_t target() const noexcept { return static_cast<std::int32_t>(vertex_and_target & 0x7FFFFFFF); }
};

/// All ranks' moves of a sub-round, applied to the replicated communities everywhere.
class Exchange {
public:
  explicit Exchange(MPI_Comm comm) : comm_(comm), alone_(parallel::size_of(comm) == 1) {}

  void add(std::int64_t vertex, std::int32_t target, std::int64_t degree) {
    mine_.push_back(vertex << 32 | target);
    mine_.push_back(degree);
  }
  /// Calls visit(move) for the moves of every rank, in rank order. Collective.
  template <class Visit>
  std::int64_t share(Visit&& visit) {
    const auto all = alone_ ? std::move(mine_) : parallel::gather_everywhere<std::int64_t>(comm_, mine_);
    mine_.clear();
    for (std::int64_t at = 0; at < std::ssize(all); at += 2) visit(Move{all[at], all[at + 1]});
    return std::ssize(all) / 2;
  }

private:
  MPI_Comm comm_;
  bool alone_;
  std::vector<std::int64_t> mine_;
};

void apply(Communities& c, const Move& move) {
  auto& community = c.of[move.vertex()];
  c.total[community] -= move.degree;
  --c.size[community];
  community = move.target();
  c.total[community] += move.degree;
  ++c.size[community];
}

/// One sub-round: the vertices of a class choose by the same state, then move. Returns the moves of all ranks.
/// choose(local vertex, scratch) returns a community; moved(vertex) hears of every move after it was applied.
template <class Choose, class Moved>
std::int64_t take_turn(const LevelGraph& level, Communities& c, std::span<const std::int32_t> vertices,
                       Exchange& exchange, std::vector<CommunityWeights>& scratch, const Choose& choose,
                       const Moved& moved) {
  const auto offset = level.first();
  std::vector<std::int32_t> target(vertices.size());
#pragma omp parallel for schedule(dynamic, 256) if (std::ssize(vertices) > worth_threads)
  for (std::int64_t i = 0; i < std::ssize(vertices); ++i)
    target[i] = choose(vertices[i], scratch[omp_get_thread_num()]);
  for (std::size_t i = 0; i < vertices.size(); ++i)
    if (target[i] != c.of[offset + vertices[i]])
      exchange.add(offset + vertices[i], target[i], level.degree[vertices[i]]);
  return exchange.share([&](const Move& move) {
    apply(c, move);
    moved(move.vertex());
  });
}

/// The best community for a vertex that may go anywhere; its own unless another is strictly better.
std::int32_t best_community(const LevelGraph& level, const Objective& objective, const Communities& c,
                            const Classes& classes, std::int32_t local, CommunityWeights& weights) {
  const auto vertex = static_cast<std::int32_t>(level.first() + local);
  const auto own = c.of[vertex];
  const auto degree = level.degree[local];
  weights.start(level.n_edges(local));
  level.for_each_edge(local, [&](std::int64_t u, std::int64_t weight) { weights.add(c.of[u], weight); });

  auto best = own;
  auto most = objective.gain(weights.to(own), degree, c.total[own] - degree);
  weights.for_each([&](const CommunityWeights::Entry& e) {
    if (e.community == own) return;
    const auto gain = objective.gain(e.weight, degree, c.total[e.community]);
    if (gain > most || (gain == most && best != own && classes.tie(e.community) < classes.tie(best))) {
      most = gain;
      best = e.community;
    }
  });
  if (most < 0 && c.size[vertex] == 0) return vertex;  // better alone, and the community of its own name is free
  // Two single vertices of one class would change places for ever; only one of them may go.
  if (c.size[own] == 1 && c.size[best] == 1 && best > own && classes.of(best) == classes.of(vertex)) return own;
  return best;
}

/// Marks vertices for the next round: those with a neighbor that has moved to another community than theirs, in the
/// same sub-round as they chose in, or later. `turn_of_move` is 1 + the class that a vertex moved in, 0 if it stayed.
void wake(const LevelGraph& level, const Communities& c, const Classes& classes,
          std::span<const std::uint16_t> turn_of_move, std::vector<std::uint8_t>& waiting) {
  const auto offset = level.first();
#pragma omp parallel for schedule(dynamic, 1024) if (level.n_local() > worth_threads)
  for (std::int64_t v = 0; v < level.n_local(); ++v) {
    const auto since = waiting[v] ? classes.of(offset + v) + 1 : 1;
    const auto own = c.of[offset + v];
    std::uint8_t concerned = 0;
    level.for_each_edge(v, [&](std::int64_t u, std::int64_t) {
      if (turn_of_move[u] >= since && c.of[u] != own) concerned = 1;
    });
    waiting[v] = concerned;
  }
}

}  // namespace

std::int64_t move_vertices(const LevelGraph& level, const Objective& objective, Communities& communities,
                           const Turns& turns) {
  assert(turns.classes < std::numeric_limits<std::uint16_t>::max());
  std::vector<std::uint8_t> waiting(level.n_local(), 1);
  std::vector<std::uint16_t> turn_of_move(level.n());
  Exchange exchange(level.comm);
  std::vector<CommunityWeights> scratch(omp_get_max_threads());
  std::int64_t all_moves = 0;
  for (int round = 0; round < turns.max_rounds; ++round) {
    const Classes classes(turns, round);
    const auto queue = queue_up(level, classes, waiting);
    std::ranges::fill(turn_of_move, std::uint16_t{0});
    std::int64_t moves = 0;
    for (std::int32_t k = 0; k < classes.n(); ++k)
      moves += take_turn(
          level, communities, queue.of_class(k), exchange, scratch,
          [&](std::int32_t v, CommunityWeights& weights) {
            return best_community(level, objective, communities, classes, v, weights);
          },
          [&](std::int32_t v) { turn_of_move[v] = static_cast<std::uint16_t>(k + 1); });
    all_moves += moves;
    if (moves <= turns.few_moves) break;
    wake(level, communities, classes, turn_of_move, waiting);
  }
  return all_moves;
}

namespace {

/// A vertex may merge if it is itself well connected with the rest of its community (Traag et al. 2019, A.2 line 34).
std::vector<std::uint8_t> well_connected(const LevelGraph& level, const Objective& objective,
                                         const Communities& whole) {
  const auto offset = level.first();
  std::vector<std::uint8_t> good(level.n_local());
#pragma omp parallel for schedule(dynamic, 1024) if (level.n_local() > worth_threads)
  for (std::int64_t v = 0; v < level.n_local(); ++v) {
    const auto own = whole.of[offset + v];
    std::int64_t edges = 0;
    level.for_each_edge(v, [&](std::int64_t u, std::int64_t weight) { edges += whole.of[u] == own ? weight : 0; });
    good[v] = objective.gain(edges, level.degree[v], whole.total[own] - level.degree[v]) >= 0;
  }
  return good;
}

/// The best refined community within the vertex's community of `whole`, for a vertex that is still alone.
std::int32_t best_merge(const LevelGraph& level, const Objective& objective, const Communities& whole,
                        const Communities& refined, const Classes& classes, std::int32_t local,
                        CommunityWeights& weights) {
  const auto vertex = static_cast<std::int32_t>(level.first() + local);
  if (refined.size[vertex] != 1) return vertex;  // joined by another in this round: it stays, or they would lose it
  const auto degree = level.degree[local];
  const auto inside = whole.of[vertex];
  weights.start(level.n_edges(local));
  level.for_each_edge(local, [&](std::int64_t u, std::int64_t weight) {
    if (whole.of[u] == inside) weights.add(refined.of[u], weight);
  });
  auto best = vertex;
  Int128 most = 0;
  weights.for_each([&](const CommunityWeights::Entry& e) {
    // A single vertex of the same class may be leaving at this moment. Its community has its name, as none was moved
    // to.
    if (refined.size[e.community] == 1 && classes.of(e.community) == classes.of(vertex)) return;
    const auto gain = objective.gain(e.weight, degree, refined.total[e.community]);
    if (gain > most || (gain == most && best != vertex && classes.tie(e.community) < classes.tie(best))) {
      most = gain;
      best = e.community;
    }
  });
  return best;
}

}  // namespace

Communities refine(const LevelGraph& level, const Objective& objective, const Communities& whole, const Turns& turns) {
  const auto offset = level.first();
  auto refined = make_communities(level, each_alone(level.n()));
  auto waiting = well_connected(level, objective, whole);
  Exchange exchange(level.comm);
  std::vector<CommunityWeights> scratch(omp_get_max_threads());
  for (int round = 0; round < turns.max_rounds; ++round) {
    const Classes classes(turns, round);
    const auto queue = queue_up(level, classes, waiting);
    std::int64_t moves = 0;
    for (std::int32_t k = 0; k < classes.n(); ++k)
      moves += take_turn(
          level, refined, queue.of_class(k), exchange, scratch,
          [&](std::int32_t v, CommunityWeights& weights) {
            return best_merge(level, objective, whole, refined, classes, v, weights);
          },
          [](std::int32_t) {});
    if (moves == 0) break;
    for (std::int64_t v = 0; v < level.n_local(); ++v)
      waiting[v] = waiting[v] && refined.of[offset + v] == offset + v && refined.size[offset + v] == 1;
  }
  return refined;
}

}  // namespace miura::cluster
