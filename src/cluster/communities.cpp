#include "cluster/communities.hpp"

#include <algorithm>
#include <numeric>

namespace miura::cluster {

Communities make_communities(const LevelGraph& level, std::vector<std::int32_t> of) {
  Communities c{std::move(of), std::vector<std::int64_t>(level.n()), std::vector<std::int32_t>(level.n())};
  for (std::int64_t v = 0, first = level.first(); v < level.n_local(); ++v) c.total[c.of[first + v]] += level.degree[v];
  parallel::sum_over_ranks(level.comm, c.total);
  for (const auto community : c.of) ++c.size[community];
  return c;
}

std::vector<std::int32_t> each_alone(std::int64_t n) {
  std::vector<std::int32_t> of(n);
  std::iota(of.begin(), of.end(), 0);
  return of;
}

std::int64_t count_nonempty(const Communities& communities) {
  return std::ranges::count_if(communities.size, [](std::int32_t size) { return size > 0; });
}

std::vector<std::int32_t> connected_parts(const LevelGraph& level, std::span<const std::int32_t> community) {
  auto part = each_alone(level.n());
  const auto first = level.first();
  for (;;) {
    std::vector<std::int64_t> changed;  // vertex, part: the smallest vertex that it is known to be connected with
    for (std::int64_t v = 0; v < level.n_local(); ++v) {
      auto smallest = part[part[first + v]];
      level.for_each_edge(v, [&](std::int64_t u, std::int64_t) {
        if (community[u] == community[first + v]) smallest = std::min(smallest, part[u]);
      });
      if (smallest == part[first + v]) continue;
      part[first + v] = smallest;
      changed.push_back((first + v) << 32 | smallest);
    }
    if (parallel::size_of(level.comm) > 1) changed = parallel::gather_everywhere<std::int64_t>(level.comm, changed);
    if (changed.empty()) return part;
    for (const auto change : changed) part[change >> 32] = static_cast<std::int32_t>(change & 0x7FFFFFFF);
  }
}

Quality quality_of(const LevelGraph& finest, const Communities& communities) {
  Quality quality;
  std::int64_t inside = 0;
  const auto first = finest.first();
  const auto& of = communities.of;
#pragma omp parallel for schedule(static) reduction(+ : inside) if (finest.n_local() > worth_threads)
  for (std::int64_t v = 0; v < finest.n_local(); ++v)
    finest.for_each_edge(v, [&, own = of[first + v]](std::int64_t u, std::int64_t weight) {
      if (of[u] == own) inside += weight;
    });
  quality.inside = parallel::sum_over_ranks(finest.comm, inside);
  for (const auto total : communities.total) quality.squares += static_cast<Int128>(total) * total;
  return quality;
}

}  // namespace miura::cluster
