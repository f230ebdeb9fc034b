#include "umap/coarse_graph.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <tuple>
#include <utility>

#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace miura::umap {

namespace {

constexpr std::int32_t none = -1;

/// Gives vertices a group, round by round; in a round everybody sees the groups of the round before.
class Grouping {
public:
  Grouping(MPI_Comm comm, const matrix::Graph& graph, std::uint64_t seed)
      : comm_(comm),
        graph_(graph),
        seed_(stats::mix(seed)),
        first_(graph.vertices.begin(parallel::rank_of(comm))),
        group_(graph.vertices.size(), none) {}

  std::vector<std::int32_t> take() { return std::move(group_); }
  std::int32_t n_groups() const noexcept { return n_groups_; }

  /// Vertices whose hash is among the lowest `share` of all become groups, in order of their index.
  void seed_by_hash(double share) {
    const auto limit = static_cast<std::uint64_t>(std::min(share, 1.0) * 0x1p53);
    for (std::int64_t i = 0; i < std::ssize(group_); ++i)
      if (hash(i) >> 11 < limit) group_[i] = n_groups_++;
  }

  /// Lets groups grow until nothing changes.
  void grow() {
    while (round([&](std::int64_t i) { return group_of_heaviest(i); })) continue;
  }

  /// Makes groups of vertices without one whose hash is below that of all their neighbours without one. False if there
  /// are none.
  bool seed_what_is_left() {
    std::vector<std::int64_t> seeds;
    for (std::int64_t i = 0; i < graph_.n_local(); ++i)
      if (group_[first_ + i] == none && is_lowest(i)) seeds.push_back(first_ + i);
    const auto all = parallel::gather_everywhere<std::int64_t>(comm_, seeds);
    for (const auto i : all) group_[i] = n_groups_++;
    return !all.empty();
  }

private:
  std::uint64_t hash(std::int64_t vertex) const noexcept {
    return stats::mix(seed_ ^ static_cast<std::uint64_t>(vertex));
  }

  std::int32_t group_of_heaviest(std::int64_t i) const {
    std::pair<std::int32_t, std::int64_t> best{0, 0};  // weight, -neighbour: ties to the lower index
    for (auto e = graph_.row_start[i]; e < graph_.row_start[i + 1]; ++e)
      if (group_[graph_.neighbor[e]] != none) best = std::max(best, std::pair(graph_.weight[e], -graph_.neighbor[e]));
    return best.first > 0 ? group_[-best.second] : none;
  }

  bool is_lowest(std::int64_t i) const {
    for (auto e = graph_.row_start[i]; e < graph_.row_start[i + 1]; ++e)
      if (group_[graph_.neighbor[e]] == none && hash(graph_.neighbor[e]) < hash(first_ + i)) return false;
    return true;
  }

  /// Asks every vertex of this rank without a group; whether any rank's got one.
  template <class GroupOf>
  bool round(GroupOf&& group_of) {
    std::vector<std::int32_t> mine(group_.begin() + first_, group_.begin() + first_ + graph_.n_local());
    std::int64_t changed = 0;
#pragma omp parallel for schedule(static) reduction(+ : changed)
    for (std::int64_t i = 0; i < graph_.n_local(); ++i) {
      if (mine[i] != none) continue;
      mine[i] = group_of(i);
      changed += mine[i] != none;
    }
    group_ = parallel::gather_everywhere<std::int32_t>(comm_, mine);
    return parallel::sum_over_ranks(comm_, changed) > 0;
  }

  MPI_Comm comm_;
  const matrix::Graph& graph_;
  std::uint64_t seed_;
  std::int64_t first_;
  std::vector<std::int32_t> group_;
  std::int32_t n_groups_ = 0;
};

struct CoarseEdge {
  std::int32_t from, to;
  std::int64_t weight;
};

/// What this rank's vertices add to the edges between groups, ascending by (from, to).
std::vector<CoarseEdge> part_of_edges(const matrix::Graph& graph, std::int64_t first, const CoarseGraph& coarse) {
  const auto group = std::span(coarse.group).subspan(first, graph.n_local());
  std::vector<std::int64_t> member(graph.n_local());
  std::iota(member.begin(), member.end(), std::int64_t{0});
  std::ranges::sort(member, {}, [&](std::int64_t i) { return std::pair(group[i], i); });

  std::vector<CoarseEdge> edges;
  std::vector<std::int64_t> sum(coarse.n_groups, 0);
  std::vector<std::int32_t> met;
  for (std::size_t m = 0; m < member.size(); ++m) {
    const auto i = member[m];
    for (auto e = graph.row_start[i]; e < graph.row_start[i + 1]; ++e) {
      const auto to = coarse.group[graph.neighbor[e]];
      if (sum[to] == 0) met.push_back(to);
      sum[to] += graph.weight[e];
    }
    if (m + 1 < member.size() && group[member[m + 1]] == group[i]) continue;
    std::ranges::sort(met);
    for (const auto to : met) edges.push_back({group[i], to, std::exchange(sum[to], 0)});
    met.clear();
  }
  return edges;
}

/// Rank 0 joins the parts of all ranks.
void join_edges(MPI_Comm comm, std::vector<CoarseEdge> mine, CoarseGraph& coarse) {
  std::vector<std::vector<std::int32_t>> ends(parallel::size_of(comm));
  std::vector<std::vector<std::int64_t>> weights(parallel::size_of(comm));
  for (const auto& edge : mine) {
    ends[0].insert(ends[0].end(), {edge.from, edge.to});
    weights[0].push_back(edge.weight);
  }
  mine.clear();
  const auto came = parallel::exchange(comm, ends);
  const auto with = parallel::exchange(comm, weights);
  if (parallel::rank_of(comm) != 0) return;
  for (std::size_t r = 0; r < came.size(); ++r)
    for (std::size_t e = 0; e < with[r].size(); ++e) mine.push_back({came[r][2 * e], came[r][2 * e + 1], with[r][e]});
  std::ranges::sort(mine, {}, [](const CoarseEdge& edge) { return std::pair(edge.from, edge.to); });
  coarse.row_start.assign(coarse.n_groups + 1, 0);
  for (auto edge = mine.begin(); edge != mine.end();) {
    const auto [from, to, unused] = *edge;
    std::int64_t sum = 0;
    for (; edge != mine.end() && edge->from == from && edge->to == to; ++edge) sum += edge->weight;
    ++coarse.row_start[from + 1];
    coarse.neighbor.push_back(to);
    coarse.weight.push_back(sum);
  }
  std::partial_sum(coarse.row_start.begin(), coarse.row_start.end(), coarse.row_start.begin());
}

}  // namespace

CoarseGraph coarsen(MPI_Comm comm, const matrix::Graph& graph, std::int64_t wanted, std::uint64_t seed) {
  const auto n = graph.vertices.size();
  Grouping grouping(comm, graph, seed);
  grouping.seed_by_hash(n > wanted ? static_cast<double>(wanted) / static_cast<double>(n) : 1.0);
  do grouping.grow();
  while (grouping.seed_what_is_left());
  CoarseGraph coarse;
  coarse.n_groups = grouping.n_groups();
  coarse.group = grouping.take();
  coarse.size.assign(coarse.n_groups, 0);
  for (const auto g : coarse.group) ++coarse.size[g];
  join_edges(comm, part_of_edges(graph, graph.vertices.begin(parallel::rank_of(comm)), coarse), coarse);
  return coarse;
}

}  // namespace miura::umap
