#include "miura/umap/fuzzy_graph.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "umap/memberships.hpp"

namespace miura::umap {

namespace {

constexpr std::int32_t one = 1 << 24;  // weight 1

/// To what degree `other` belongs to the neighbourhood of the local point `row`, or the other way round.
struct Degree {
  std::int64_t row, other;
  std::int32_t weight;
};

/// The degrees of this rank's points, weight 2^24 for 1, in the order of the neighbours; 0 where there is none.
std::vector<std::int32_t> degrees(const matrix::Neighbors& neighbors, std::int32_t used) {
  const auto n = neighbors.n_local();
  std::vector<std::int32_t> weight(n * used);
  std::vector<double> degree(used);
#pragma omp parallel for schedule(static) firstprivate(degree)
  for (std::int64_t i = 0; i < n; ++i) {
    const auto at = i * neighbors.k;
    const auto found = existing(std::span(neighbors.id).subspan(at, used));
    const auto row = std::span(degree).first(found);
    memberships(std::span(neighbors.distance).subspan(at, found), row);
    for (std::ptrdiff_t c = 0; c < found; ++c)
      weight[i * used + c] = static_cast<std::int32_t>(std::lround(row[c] * one));
  }
  return weight;
}

/// Sends every degree to the owner of its other end: what this rank's points are told, in any order.
std::vector<Degree> told(MPI_Comm comm, const matrix::Neighbors& neighbors, const std::vector<std::int32_t>& weight,
                         std::int32_t used) {
  constexpr std::int64_t points_a_round = 131'072;
  const auto& points = neighbors.queries;
  const auto first = points.begin(parallel::rank_of(comm));
  const auto n = neighbors.n_local();
  const auto rounds = parallel::max_over_ranks(comm, (n + points_a_round - 1) / points_a_round);
  std::vector<Degree> all;
  for (std::int64_t round = 0; round < rounds; ++round) {
    std::vector<std::vector<std::int64_t>> ends(parallel::size_of(comm));
    std::vector<std::vector<std::int32_t>> weights(parallel::size_of(comm));
    for (auto i = std::min(n, round * points_a_round); i < std::min(n, (round + 1) * points_a_round); ++i)
      for (std::int32_t c = 0; c < used; ++c) {
        if (weight[i * used + c] == 0) continue;
        const auto other = neighbors.id[i * neighbors.k + c];
        const int owner = points.owner(other);
        ends[owner].insert(ends[owner].end(), {other, first + i});
        weights[owner].push_back(weight[i * used + c]);
      }
    const auto came = parallel::exchange(comm, ends);
    const auto with = parallel::exchange(comm, weights);
    for (std::size_t r = 0; r < came.size(); ++r)
      for (std::size_t e = 0; e < with[r].size(); ++e)
        all.push_back({came[r][2 * e] - first, came[r][2 * e + 1], with[r][e]});
  }
  return all;
}

/// a + b - ab in units of 2^-24, exact but for the one rounding: the same from both ends.
std::int32_t either(std::int64_t a, std::int64_t b) {
  return static_cast<std::int32_t>(a + b - (a * b + one / 2) / one);
}

}  // namespace

matrix::Graph fuzzy_graph(MPI_Comm comm, const matrix::Neighbors& neighbors, const FuzzyGraphOptions& options) {
  const auto used = options.k - 1;
  if (used < 1 || used > neighbors.k)
    throw UsageError("umap: a neighborhood of " + std::to_string(options.k) +
                     " points cannot be made of a search for " + std::to_string(neighbors.k) + " neighbors");
  const auto own = degrees(neighbors, used);
  auto others = told(comm, neighbors, own, used);
  std::ranges::sort(others, {}, &Degree::row);

  matrix::Graph graph;
  graph.vertices = neighbors.queries;
  graph.weight_unit = 1.0 / one;
  std::vector<std::pair<std::int64_t, std::int32_t>> row;  // the other end and a degree; twice if both give one
  auto next = others.begin();
  for (std::int64_t i = 0; i < neighbors.n_local(); ++i) {
    row.clear();
    for (std::int32_t c = 0; c < used; ++c)
      if (own[i * used + c] > 0) row.emplace_back(neighbors.id[i * neighbors.k + c], own[i * used + c]);
    for (; next != others.end() && next->row == i; ++next) row.emplace_back(next->other, next->weight);
    std::ranges::sort(row);
    for (std::size_t e = 0; e < row.size(); ++e) {
      const bool mutual = e + 1 < row.size() && row[e + 1].first == row[e].first;
      graph.neighbor.push_back(row[e].first);
      graph.weight.push_back(mutual ? either(row[e].second, row[e + 1].second) : row[e].second);
      if (mutual) ++e;
    }
    graph.row_start.push_back(std::ssize(graph.neighbor));
  }
  return graph;
}

}  // namespace miura::umap
