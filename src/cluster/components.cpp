#include "miura/cluster/components.hpp"

#include <span>

#include "miura/parallel/communicator.hpp"
#include "miura/stats/disjoint_sets.hpp"

namespace miura::cluster {

std::vector<std::int64_t> component_sizes(MPI_Comm comm, const matrix::Graph& graph) {
  const auto n = graph.vertices.size();
  const auto first = graph.vertices.begin(parallel::rank_of(comm));
  stats::DisjointSets<std::int64_t> sets(n);
  for (std::int64_t i = 0; i < graph.n_local(); ++i)
    for (auto e = graph.row_start[i]; e < graph.row_start[i + 1]; ++e) sets.unite(first + i, graph.neighbor[e]);
  // Ranks learn what others have united until there is nothing new: the smallest vertex names a component.
  std::vector<std::int64_t> name(n);
  for (bool changed = true; changed;) {
    for (std::int64_t v = 0; v < n; ++v) name[v] = sets.of(v);
    auto smallest = name;
    parallel::min_over_ranks(comm, std::span(smallest));
    std::int64_t n_changed = 0;
    for (std::int64_t v = 0; v < n; ++v)
      if (smallest[v] != name[v]) {
        sets.unite(v, smallest[v]);
        ++n_changed;
      }
    changed = parallel::sum_over_ranks(comm, n_changed) > 0;
  }
  std::vector<std::int64_t> size(n), of_mine;
  for (const auto v : name) ++size[v];
  for (std::int64_t i = 0; i < graph.n_local(); ++i) of_mine.push_back(size[name[first + i]]);
  return of_mine;
}

}  // namespace miura::cluster
