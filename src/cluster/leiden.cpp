#include "miura/cluster/leiden.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>

#include "cluster/moving.hpp"
#include "miura/base/error.hpp"
#include "miura/cluster/labels.hpp"
#include "miura/stats/random.hpp"

namespace miura::cluster {
namespace {

/// Levels with so few vertices are replicated. It does not depend on the ranks, for it also decides how vertices take
/// turns.
constexpr std::int64_t replicate_at = 1 << 15;

Objective objective_of(const LevelGraph& finest, double resolution) {
  if (!(resolution >= 0 && resolution <= Objective::largest_resolution))
    throw UsageError("cluster.resolution must lie between 0 and 1024");
  std::int64_t total = 0;
  for (const auto degree : finest.degree) total += degree;
  total = parallel::sum_over_ranks(finest.comm, total);
  if (total >= Objective::too_heavy) throw std::length_error("the edge weights of the graph sum to 2^48 or more");
  if (finest.n() > std::numeric_limits<std::int32_t>::max())
    throw std::length_error("the graph has 2^31 vertices or more");
  return {total, std::llround(resolution * static_cast<double>(Objective::resolution_steps))};
}

/// Modularity in the usual unit; every step is in a fixed order, from exact sums.
double in_units(const Quality& quality, const Objective& objective, double resolution) {
  if (objective.total == 0) return 0;
  const auto total = static_cast<double>(objective.total);
  return static_cast<double>(quality.inside) / total -
         resolution * (static_cast<double>(quality.squares) / total) / total;
}

/// How far a pass goes at each level before it coarsens. The first pass is hasty: what is large in the graph is found
/// sooner, and on continua also better, by moving groups than by vertices that diffuse one by one.
enum class Pace { hasty, thorough };

Turns moving_turns(const LevelGraph& level, Pace pace, std::uint64_t seed) {
  // A replicated level costs no exchange, so its vertices go nearly one by one; a large one is spread over its ranks.
  const bool small = level.finest == nullptr && level.n() <= replicate_at;
  const auto classes = std::clamp<std::int64_t>(level.n(), 1, small ? replicate_at : 32);
  return {.seed = seed,
          .classes = static_cast<std::int32_t>(classes),
          .max_rounds = pace == Pace::hasty ? 2 : 40,
          .few_moves = level.n() / 1000};
}

Turns refining_turns(const LevelGraph& level, std::uint64_t seed) {
  auto turns = moving_turns(level, Pace::thorough, seed);
  turns.max_rounds = 3;
  turns.few_moves = 0;
  return turns;
}

/// Gives the refined communities numbers 0, 1, ... in order of id; returns the number of each vertex's.
std::vector<std::int32_t> number_groups(const Communities& refined, std::int32_t& n_groups) {
  std::vector<std::int32_t> number(refined.size.size());
  n_groups = 0;
  for (std::size_t id = 0; id < number.size(); ++id)
    if (refined.size[id] > 0) number[id] = n_groups++;
  std::vector<std::int32_t> group(refined.of.size());
  for (std::size_t v = 0; v < group.size(); ++v) group[v] = number[refined.of[v]];
  return group;
}

/// Communities of `whole` in terms of groups of its vertices; a community gets the number of its smallest group.
std::vector<std::int32_t> lift(const Communities& whole, std::span<const std::int32_t> group, std::int32_t n_groups) {
  std::vector<std::int32_t> smallest(whole.of.size(), n_groups), of(n_groups);
  for (std::size_t v = 0; v < group.size(); ++v) smallest[whole.of[v]] = std::min(smallest[whole.of[v]], group[v]);
  for (std::size_t v = 0; v < group.size(); ++v) of[group[v]] = smallest[whole.of[v]];
  return of;
}

/// Names each community by its first vertex, given the communities of this rank's vertices. Collective.
std::vector<std::int32_t> name_by_first(MPI_Comm comm, std::span<const std::int32_t> own) {
  auto of = parallel::gather_everywhere<std::int32_t>(comm, own);
  std::vector<std::int32_t> first(of.size(), -1);
  for (std::size_t v = 0; v < of.size(); ++v) {
    if (first[of[v]] < 0) first[of[v]] = static_cast<std::int32_t>(v);
    of[v] = first[of[v]];
  }
  return of;
}

/// One pass over all levels, from the communities `of` to better ones: move, refine, coarsen, until every community is
/// one vertex of the last level. Its groups are connected, so connectedness there is connectedness in the graph itself.
std::vector<std::int32_t> improve(const LevelGraph& finest, const Objective& objective, std::vector<std::int32_t> of,
                                  Pace pace, std::uint64_t seed) {
  std::vector<std::int32_t> member_of(finest.n_local());  // vertex of the current level that holds each own vertex
  for (std::int64_t v = 0; v < finest.n_local(); ++v) member_of[v] = static_cast<std::int32_t>(finest.first() + v);

  LevelGraph coarse;
  const auto* level = &finest;
  for (std::uint64_t depth = 0;; ++depth) {
    auto communities = make_communities(*level, std::move(of));
    move_vertices(*level, objective, communities, moving_turns(*level, pace, stats::mix(seed + 2 * depth)));
    of = communities.of;
    if (count_nonempty(communities) == level->n()) break;

    const auto refined =
        refine(*level, objective, communities, refining_turns(*level, stats::mix(seed + 2 * depth + 1)));
    std::int32_t n_groups = 0;
    const auto group = number_groups(refined, n_groups);
    if (n_groups == level->n()) break;
    of = lift(communities, group, n_groups);
    for (auto& v : member_of) v = group[v];
    coarse = coarsen(*level, group, n_groups);
    if (n_groups <= replicate_at) coarse = replicate(std::move(coarse));
    level = &coarse;
  }
  const auto part = connected_parts(*level, of);
  for (auto& v : member_of) v = part[v];
  return name_by_first(finest.comm, member_of);
}

}  // namespace

Clustering leiden(MPI_Comm comm, const matrix::Graph& graph, const LeidenOptions& options) {
  if (options.iterations < 1) throw UsageError("cluster.iterations must be at least 1");
  const auto finest = finest_level(comm, graph);
  const auto objective = objective_of(finest, options.resolution);

  auto best = each_alone(finest.n());
  auto quality = quality_of(finest, make_communities(finest, best));
  for (int pass = 0; pass < options.iterations; ++pass) {
    const auto seed = stats::mix(options.seed ^ stats::mix(static_cast<std::uint64_t>(pass)));
    const auto pace = pass == 0 ? Pace::hasty : Pace::thorough;
    auto next = improve(finest, objective, best, pace, seed);
    const auto next_quality = quality_of(finest, make_communities(finest, next));
    if (next_quality.scaled(objective) <= quality.scaled(objective)) break;
    best = std::move(next);
    quality = next_quality;
  }
  auto numbered = number_by_size(comm, std::span(best).subspan(finest.first(), finest.n_local()));
  return {std::move(numbered.label), numbered.n, in_units(quality, objective, options.resolution)};
}

double modularity(MPI_Comm comm, const matrix::Graph& graph, std::span<const std::int32_t> label, double resolution) {
  const auto finest = finest_level(comm, graph);
  const auto objective = objective_of(finest, resolution);
  const auto numbered = number_by_size(comm, label);
  const auto communities = make_communities(finest, parallel::gather_everywhere<std::int32_t>(comm, numbered.label));
  return in_units(quality_of(finest, communities), objective, resolution);
}

}  // namespace miura::cluster
