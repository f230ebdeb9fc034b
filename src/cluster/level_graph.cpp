#include "cluster/level_graph.hpp"

#include <omp.h>

#include <algorithm>

#include "cluster/community_weights.hpp"

namespace miura::cluster {
namespace {

/// Rows of a coarse graph, one after another: of each, the group, what its members' degrees sum to, and its edges.
struct Rows {
  std::vector<std::int64_t> group, degree, length;
  std::vector<std::int64_t> neighbor, weight;

  void append(const Rows& other) {
    const auto add = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    add(group, other.group);
    add(degree, other.degree);
    add(length, other.length);
    add(neighbor, other.neighbor);
    add(weight, other.weight);
  }
  void end_row(std::int64_t id, std::int64_t degree_sum, const CommunityWeights& edges) {
    group.push_back(id);
    degree.push_back(degree_sum);
    length.push_back(edges.n());
    edges.for_each([&](const CommunityWeights::Entry& e) {
      neighbor.push_back(e.community);
      weight.push_back(e.weight);
    });
  }
};

/// Positions 0 .. n - 1 in ascending order of id, and where each run of equal ids begins (with the end behind).
struct Runs {
  std::vector<std::int64_t> order, first;
};

Runs runs_of(std::span<const std::int32_t> id, std::int32_t n_ids) {
  std::vector<std::int64_t> next(n_ids + 1);
  for (const auto i : id) ++next[i + 1];
  Runs runs;
  for (std::int32_t i = 0; i < n_ids; ++i) {
    if (next[i + 1] > 0) runs.first.push_back(next[i]);
    next[i + 1] += next[i];
  }
  runs.first.push_back(next[n_ids]);
  runs.order.resize(id.size());
  for (std::int64_t at = 0; at < std::ssize(id); ++at) runs.order[next[id[at]]++] = at;
  return runs;
}

/// What this rank's vertices contribute to the rows of their groups; groups ascend.
Rows contributed_rows(const LevelGraph& level, std::span<const std::int32_t> group, std::int32_t n_groups) {
  const auto own_group = group.subspan(level.first(), level.n_local());
  const auto runs = runs_of(own_group, n_groups);
  const auto n_rows = std::ssize(runs.first) - 1;
  const int threads = level.n_local() > worth_threads ? omp_get_max_threads() : 1;
  std::vector<Rows> part(threads);  // contiguous parts of the rows: threads change no order
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int t = 0; t < threads; ++t) {
    CommunityWeights edges;
    for (auto row = n_rows * t / threads; row < n_rows * (t + 1) / threads; ++row) {
      const auto members = std::span(runs.order).subspan(runs.first[row], runs.first[row + 1] - runs.first[row]);
      const auto id = own_group[members.front()];
      std::int64_t n_edges = 0, degree = 0;
      for (const auto v : members) n_edges += level.n_edges(v);
      edges.start(std::min<std::int64_t>(n_edges, n_groups));
      for (const auto v : members) {
        degree += level.degree[v];
        level.for_each_edge(v, [&](std::int64_t u, std::int64_t weight) {
          if (group[u] != id) edges.add(group[u], weight);
        });
      }
      part[t].end_row(id, degree, edges);
    }
  }
  auto rows = std::move(part[0]);
  for (int t = 1; t < threads; ++t) rows.append(part[t]);
  return rows;
}

/// Sends each contribution to the rank that owns the group. Collective.
Rows send_to_owners(MPI_Comm comm, const parallel::Partition& groups, const Rows& rows) {
  const int ranks = parallel::size_of(comm);
  std::vector<std::vector<std::int64_t>> head(ranks), edges(ranks);
  std::int64_t at = 0;
  for (std::size_t row = 0; row < rows.group.size(); ++row) {
    const auto to = groups.owner(rows.group[row]);
    head[to].insert(head[to].end(), {rows.group[row], rows.degree[row], rows.length[row]});
    for (const auto end = at + rows.length[row]; at < end; ++at)
      edges[to].insert(edges[to].end(), {rows.neighbor[at], rows.weight[at]});
  }
  Rows received;
  for (const auto& from : parallel::exchange(comm, head))
    for (std::size_t i = 0; i < from.size(); i += 3) {
      received.group.push_back(from[i]);
      received.degree.push_back(from[i + 1]);
      received.length.push_back(from[i + 2]);
    }
  for (const auto& from : parallel::exchange(comm, edges))
    for (std::size_t i = 0; i < from.size(); i += 2) {
      received.neighbor.push_back(from[i]);
      received.weight.push_back(from[i + 1]);
    }
  return received;
}

/// Adds up the contributions of several ranks to the same row.
Rows merge(const Rows& rows, std::int64_t first_group, std::int64_t n_own_groups) {
  std::vector<std::int32_t> own_id;
  std::vector<std::int64_t> start{0};
  for (std::size_t row = 0; row < rows.group.size(); ++row) {
    own_id.push_back(static_cast<std::int32_t>(rows.group[row] - first_group));
    start.push_back(start.back() + rows.length[row]);
  }
  const auto runs = runs_of(own_id, static_cast<std::int32_t>(n_own_groups));
  Rows merged;
  CommunityWeights edges;
  for (std::size_t run = 0; run + 1 < runs.first.size(); ++run) {
    const auto pieces = std::span(runs.order).subspan(runs.first[run], runs.first[run + 1] - runs.first[run]);
    std::int64_t length = 0, degree = 0;
    for (const auto piece : pieces) length += rows.length[piece];
    edges.start(length);
    for (const auto piece : pieces) {
      degree += rows.degree[piece];
      for (auto at = start[piece]; at < start[piece + 1]; ++at)
        edges.add(static_cast<std::int32_t>(rows.neighbor[at]), rows.weight[at]);
    }
    merged.end_row(rows.group[pieces.front()], degree, edges);
  }
  return merged;
}

std::vector<std::int64_t> starts_of(std::span<const std::int64_t> length) {
  std::vector<std::int64_t> start{0};
  start.reserve(length.size() + 1);
  for (const auto l : length) start.push_back(start.back() + l);
  return start;
}

}  // namespace

LevelGraph finest_level(MPI_Comm comm, const matrix::Graph& graph) {
  LevelGraph level;
  level.comm = comm;
  level.vertices = graph.vertices;
  level.finest = &graph;
  level.degree.resize(graph.n_local());
#pragma omp parallel for schedule(static) if (graph.n_local() > worth_threads)
  for (std::int64_t v = 0; v < graph.n_local(); ++v)
    for (auto at = graph.row_start[v]; at < graph.row_start[v + 1]; ++at) level.degree[v] += graph.weight[at];
  return level;
}

LevelGraph coarsen(const LevelGraph& level, std::span<const std::int32_t> group, std::int32_t n_groups) {
  LevelGraph coarse;
  coarse.comm = level.comm;
  coarse.vertices = parallel::Partition::even(n_groups, parallel::size_of(level.comm));
  auto rows = contributed_rows(level, group, n_groups);
  if (parallel::size_of(level.comm) > 1)
    rows = merge(send_to_owners(level.comm, coarse.vertices, rows), coarse.first(),
                 coarse.vertices.n_local(parallel::rank_of(level.comm)));
  coarse.row_start = starts_of(rows.length);
  coarse.neighbor = std::move(rows.neighbor);
  coarse.weight = std::move(rows.weight);
  coarse.degree = std::move(rows.degree);
  return coarse;
}

LevelGraph replicate(LevelGraph level) {
  if (parallel::size_of(level.comm) > 1) {
    std::vector<std::int64_t> length;
    for (std::int64_t v = 0; v < level.n_local(); ++v) length.push_back(level.n_edges(v));
    const auto whole = [&](const std::vector<std::int64_t>& part) {
      return parallel::gather_everywhere<std::int64_t>(level.comm, part);
    };
    level.row_start = starts_of(whole(length));
    level.neighbor = whole(level.neighbor);
    level.weight = whole(level.weight);
    level.degree = whole(level.degree);
  }
  level.comm = MPI_COMM_SELF;
  level.vertices = parallel::Partition::even(level.n(), 1);
  return level;
}

}  // namespace miura::cluster
