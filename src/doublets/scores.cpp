#include "miura/doublets/scores.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "doublets/pairs.hpp"
#include "miura/base/error.hpp"
#include "miura/knn/search.hpp"
#include "miura/matrix/moved_rows.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/fetch.hpp"
#include "miura/stats/random.hpp"

namespace miura::doublets {

namespace {

/// The cells of a run, with the selected counts alone: the others matter by their sum only, and are many.
struct RunCells {
  matrix::DistributedCells selected;
  std::vector<std::int64_t> n_counts;  ///< over all columns

  std::int64_t size() const { return selected.partition.size(); }
};

RunCells cells_of(MPI_Comm comm, const matrix::DistributedCells& cells, std::span<const std::int64_t> run,
                  const Projection& projection) {
  std::vector<std::int32_t> new_column(projection.n_columns, -1);
  for (std::int32_t j = 0; j < std::ssize(projection.selected); ++j) new_column[projection.selected[j]] = j;
  RunCells chosen{{parallel::Partition::from_local(comm, std::ssize(run)), {}}, {}};
  for (const auto cell : run) {
    std::int64_t sum = 0;
    cells.mine.counts.for_each(cell, [&](std::int32_t column, std::uint32_t count) {
      sum += count;
      if (new_column[column] >= 0) chosen.selected.mine.counts.push(new_column[column], count);
    });
    chosen.selected.mine.counts.end_row();
    chosen.n_counts.push_back(sum);
  }
  return chosen;
}

/// The components of simulated doublets, dealt to the ranks; made in rounds, so that few counts are held at a time.
matrix::Embedding simulate(MPI_Comm comm, const RunCells& run, std::uint64_t key, std::int64_t n,
                           const Projection& projection, void (*safe_point)(MPI_Comm)) {
  constexpr std::int64_t pairs_a_round = 4096;
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  const auto n_selected = static_cast<std::int32_t>(std::ssize(projection.selected));
  matrix::Embedding all{parallel::Partition::even(n, ranks), projection.model.n_components, {}};
  const auto rounds = ((n + ranks - 1) / ranks + pairs_a_round - 1) / pairs_a_round;
  for (std::int64_t round = 0; round < rounds; ++round) {
    if (safe_point != nullptr) safe_point(comm);
    const auto from = std::min(all.points.end(rank), all.points.begin(rank) + round * pairs_a_round);
    const auto to = std::min(all.points.end(rank), from + pairs_a_round);
    std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
    std::vector<std::int64_t> members;
    for (auto number = from; number < to; ++number) {
      pairs.push_back(draw_pair(run.size(), key, number));
      members.insert(members.end(), {pairs.back().first, pairs.back().second});
    }
    const auto sums = parallel::fetch<std::int64_t>(comm, run.selected.partition, run.n_counts, members);
    std::vector<std::int64_t> n_counts;
    for (std::size_t p = 0; p < pairs.size(); ++p) n_counts.push_back(sums[2 * p] + sums[2 * p + 1]);
    matrix::DistributedCells doublets{parallel::Partition::from_local(comm, to - from), {}};
    doublets.mine.counts = summed_counts(comm, run.selected, pairs);
    const auto x = normalize::log_normalize_on_grid(doublets, n_selected, n_counts, projection.log_normalize);
    const auto part = pca::project(comm, x, projection.model);
    all.value.insert(all.value.end(), part.value.begin(), part.value.end());
  }
  return all;
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
  const auto n_cells = parallel::sum_over_ranks(comm, std::ssize(run.cells));
  if (n_cells < options.fewest_cells)
    return std::vector<double>(run.cells.size(), std::numeric_limits<double>::quiet_NaN());

  const auto n = static_cast<double>(n_cells);
  const auto n_simulated = static_cast<std::int64_t>(std::llround(options.simulated_per_cell * n));
  const double ratio = static_cast<double>(n_simulated) / n;
  const auto few = options.neighbors > 0 ? options.neighbors
                                         : std::max(1, static_cast<std::int32_t>(std::lround(0.5 * std::sqrt(n))));
  const auto k = static_cast<std::int32_t>(std::lround(few * (1 + ratio)));
  const auto own = matrix::rows_of(comm, coordinates, run.cells);
  const auto simulated =
      simulate(comm, cells_of(comm, cells, run.cells, projection), stats::hash_text(options.seed, run.name),
               n_simulated, projection, options.safe_point);
  const knn::SearchOptions search{.k = k, .safe_point = options.safe_point};
  const auto near_observed = knn::nearest(comm, own, search),
             near_simulated = knn::nearest(comm, simulated, own, search);
  std::vector<double> result(own.n_local());
  for (std::int64_t i = 0; i < std::ssize(result); ++i) {
    const auto row = [&](const matrix::Neighbors& near) { return std::span(near.distance).subspan(i * k, k); };
    const double share = (simulated_among(row(near_observed), row(near_simulated), k) + 1.0) / (k + 2.0);
    result[i] = chance_of_doublet(share, ratio, options.expected_share);
  }
  return result;
}

}  // namespace miura::doublets
