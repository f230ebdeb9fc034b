#include "miura/doublets/scores.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "doublets/pairs.hpp"
#include "miura/base/error.hpp"
#include "miura/knn/search.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace miura::doublets {

namespace {

/// The components of simulated doublets, dealt to the ranks; made in rounds, so that few counts are held at a time, and
/// fewer than all else here.
matrix::Embedding simulate(MPI_Comm comm, const matrix::DistributedCells& cells, std::span<const std::int64_t> run,
                           std::uint64_t key, std::int64_t n, const Projection& projection) {
  constexpr std::int64_t pairs_a_round = 512;
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  matrix::Embedding all{parallel::Partition::even(n, ranks), projection.model.n_components, {}};
  const auto rounds = ((n + ranks - 1) / ranks + pairs_a_round - 1) / pairs_a_round;
  for (std::int64_t round = 0; round < rounds; ++round) {
    const auto from = std::min(all.points.end(rank), all.points.begin(rank) + round * pairs_a_round);
    const auto to = std::min(all.points.end(rank), from + pairs_a_round);
    std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
    for (auto number = from; number < to; ++number) pairs.push_back(draw_pair(run, key, number));
    matrix::DistributedCells doublets{parallel::Partition::from_local(comm, to - from), {}};
    doublets.mine.counts = summed_counts(comm, cells, pairs);
    const auto x =
        normalize::log_normalize_on_grid(doublets, projection.n_columns, projection.selected, projection.log_normalize);
    const auto part = pca::project(comm, x, projection.model);
    all.value.insert(all.value.end(), part.value.begin(), part.value.end());
  }
  return all;
}

/// The coordinates of some of this rank's points.
matrix::Embedding rows_of(MPI_Comm comm, const matrix::Embedding& all, std::span<const std::int64_t> rows) {
  matrix::Embedding some{parallel::Partition::from_local(comm, std::ssize(rows)), all.n_dims, {}};
  for (const auto i : rows) some.value.insert(some.value.end(), all.row(i).begin(), all.row(i).end());
  return some;
}

/// Of the k points nearest to a query among observed and simulated ones, how many are simulated; an observed one goes
/// before a simulated one at the same distance. Both rows ascend and hold at least k entries, missing ones at infinity.
std::int32_t simulated_among(std::span<const float> observed, std::span<const float> simulated, std::int32_t k) {
  std::int32_t o = 0, s = 0;
  while (o + s < k) (simulated[s] < observed[o] ? s : o) += 1;
  return s;
}

/// Scrublet's likelihood of a doublet, given that `share` of a cell's neighbours are simulated (a pseudocount
/// included); `ratio` simulated ones were made for each cell, and `expected` is the share of doublets.
double chance_of_doublet(double share, double ratio, double expected) {
  const double density = share * expected / ratio;
  return density / (1 - expected - share * (1 - expected - expected / ratio));
}

}  // namespace

std::vector<double> score(MPI_Comm comm, const matrix::DistributedCells& cells, const matrix::Embedding& coordinates,
                          const Run& run, const Projection& projection, const ScoreOptions& options) {
  if (!(options.simulated_per_cell > 0) || !(options.expected_share > 0 && options.expected_share < 1) ||
      options.neighbors < 0 || options.fewest_cells < 2)
    throw UsageError(
        "doublets: simulated_per_cell must be positive, expected_share between 0 and 1, fewest_cells at least 2");
  std::vector<std::int64_t> mine;
  for (const auto cell : run.cells) mine.push_back(cells.partition.begin(parallel::rank_of(comm)) + cell);
  const auto members = parallel::gather_everywhere<std::int64_t>(comm, mine);
  if (std::ssize(members) < options.fewest_cells)
    return std::vector<double>(run.cells.size(), std::numeric_limits<double>::quiet_NaN());

  const auto n = static_cast<double>(members.size());
  const auto n_simulated = static_cast<std::int64_t>(std::llround(options.simulated_per_cell * n));
  const double ratio = static_cast<double>(n_simulated) / n;
  const auto few = options.neighbors > 0 ? options.neighbors
                                         : std::max(1, static_cast<std::int32_t>(std::lround(0.5 * std::sqrt(n))));
  const auto k = static_cast<std::int32_t>(std::lround(few * (1 + ratio)));
  const auto own = rows_of(comm, coordinates, run.cells);
  const auto simulated =
      simulate(comm, cells, members, stats::hash_text(options.seed, run.name), n_simulated, projection);
  const auto near_observed = knn::nearest(comm, own, {.k = k}),
             near_simulated = knn::nearest(comm, simulated, own, {.k = k});
  std::vector<double> result(own.n_local());
  for (std::int64_t i = 0; i < std::ssize(result); ++i) {
    const auto row = [&](const matrix::Neighbors& near) { return std::span(near.distance).subspan(i * k, k); };
    const double share = (simulated_among(row(near_observed), row(near_simulated), k) + 1.0) / (k + 2.0);
    result[i] = chance_of_doublet(share, ratio, options.expected_share);
  }
  return result;
}

}  // namespace miura::doublets
