#include "miura/cluster/leiden_grid.hpp"

#include <numeric>

#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::cluster {
namespace {

std::int64_t bytes_of(MPI_Comm comm, const matrix::Graph& graph) {
  return 12 * parallel::sum_over_ranks(comm, std::ssize(graph.neighbor));
}

/// The whole graph, on every rank. Collective.
matrix::Graph copy_everywhere(MPI_Comm comm, const matrix::Graph& graph) {
  std::vector<std::int64_t> degree(graph.n_local());
  for (std::int64_t v = 0; v < graph.n_local(); ++v) degree[v] = graph.row_start[v + 1] - graph.row_start[v];
  degree = parallel::gather_everywhere<std::int64_t>(comm, degree);
  matrix::Graph whole{.vertices = parallel::Partition::even(std::ssize(degree), 1),
                      .neighbor = parallel::gather_everywhere<std::int64_t>(comm, graph.neighbor),
                      .weight = parallel::gather_everywhere<std::int32_t>(comm, graph.weight),
                      .weight_unit = graph.weight_unit};
  whole.row_start.resize(degree.size() + 1);
  std::inclusive_scan(degree.begin(), degree.end(), whole.row_start.begin() + 1);
  return whole;
}

/// Runs r, r + ranks, ... of `dealt` are those of rank r, of all vertices; back come all runs, of this rank's vertices.
/// Collective.
std::vector<Clustering> hand_back(MPI_Comm comm, const parallel::Partition& vertices, std::span<const Clustering> dealt,
                                  std::int64_t n_runs) {
  const int ranks = parallel::size_of(comm);
  std::vector<std::vector<std::int32_t>> labels(ranks);
  std::vector<std::int32_t> n_clusters;
  std::vector<double> modularity;
  for (const auto& run : dealt) {
    for (int r = 0; r < ranks; ++r)
      labels[r].insert(labels[r].end(), run.label.begin() + vertices.begin(r), run.label.begin() + vertices.end(r));
    n_clusters.push_back(run.n_clusters);
    modularity.push_back(run.modularity);
  }
  const auto received = parallel::exchange(comm, labels);
  n_clusters = parallel::gather_everywhere<std::int32_t>(comm, n_clusters);
  modularity = parallel::gather_everywhere<double>(comm, modularity);

  std::vector<Clustering> runs(n_runs);
  const auto n_local = vertices.n_local(parallel::rank_of(comm));
  std::size_t at = 0;  // in rank order, as gathered
  for (int r = 0; r < ranks; ++r)
    for (std::int64_t run = r, nth = 0; run < n_runs; run += ranks, ++nth, ++at) {
      const auto first = received[r].begin() + nth * n_local;
      runs[run] = {{first, first + n_local}, n_clusters[at], modularity[at]};
    }
  return runs;
}

}  // namespace

std::vector<Clustering> leiden_grid(MPI_Comm comm, const matrix::Graph& graph, std::span<const LeidenOptions> runs,
                                    const LeidenGridOptions& options) {
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  std::vector<Clustering> found;
  if (ranks == 1 || bytes_of(comm, graph) > options.most_copied_bytes) {
    for (const auto& run : runs) {
      if (!found.empty() && options.safe_point != nullptr) options.safe_point(comm);
      found.push_back(leiden(comm, graph, run));
    }
    return found;
  }
  const auto whole = copy_everywhere(comm, graph);
  for (std::int64_t first = 0; first < std::ssize(runs); first += ranks) {
    if (first > 0 && options.safe_point != nullptr) options.safe_point(comm);
    parallel::together(comm, [&] {
      if (first + rank < std::ssize(runs)) found.push_back(leiden(MPI_COMM_SELF, whole, runs[first + rank]));
    });
  }
  return hand_back(comm, graph.vertices, found, std::ssize(runs));
}

}  // namespace miura::cluster
