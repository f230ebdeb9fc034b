#include "miura/doublets/scores.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "doublets/pairs.hpp"
#include "miura/base/error.hpp"
#include "miura/knn/search.hpp"
#include "miura/matrix/table_columns.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace miura::doublets {

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Where the cells of every lot are: canonical order keeps them together.
std::vector<CellRange> ranges_of(MPI_Comm comm, const matrix::DistributedCells& cells, std::int64_t n_lots) {
  std::vector<std::int64_t> size(n_lots, 0);
  for (const auto lot : cells.mine.lot) ++size[lot];
  parallel::sum_over_ranks(comm, size);
  std::vector<CellRange> ranges;
  std::int64_t begin = 0;
  for (const auto n : size) {
    ranges.push_back({begin, begin + n});
    begin += n;
  }
  return ranges;
}

/// What all lots share.
struct Study {
  MPI_Comm comm;
  const matrix::DistributedCells& cells;
  std::int32_t n_columns;
  std::span<const std::int32_t> selected;
  const normalize::LogNormalizeOptions& log_normalize;
  const pca::Model& model;
};

/// The components of the simulated doublets of a lot, dealt evenly to the ranks. Some pairs at a time: their counts of
/// all genes, which their normalisation needs, are larger than all else here.
matrix::Embedding simulate(const Study& study, const CellRange& lot, std::uint64_t key, std::int64_t n) {
  constexpr std::int64_t pairs_a_round = 512;
  const int rank = parallel::rank_of(study.comm), ranks = parallel::size_of(study.comm);
  matrix::Embedding all{parallel::Partition::even(n, ranks), study.model.n_components, {}};
  const auto rounds = ((n + ranks - 1) / ranks + pairs_a_round - 1) / pairs_a_round;
  for (std::int64_t round = 0; round < rounds; ++round) {
    const auto from = std::min(all.points.end(rank), all.points.begin(rank) + round * pairs_a_round);
    const auto to = std::min(all.points.end(rank), from + pairs_a_round);
    std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
    for (auto number = from; number < to; ++number) pairs.push_back(draw_pair(lot, key, number));
    matrix::DistributedCells doublets{parallel::Partition::from_local(study.comm, to - from), {}};
    doublets.mine.counts = summed_counts(study.comm, study.cells, pairs);
    const auto x = normalize::log_normalize_on_grid(doublets, study.n_columns, study.selected, study.log_normalize);
    const auto part = pca::project(study.comm, x, study.model);
    all.value.insert(all.value.end(), part.value.begin(), part.value.end());
  }
  return all;
}

/// The components of the cells of a lot.
matrix::Embedding observed(MPI_Comm comm, const matrix::Embedding& scores, const CellRange& lot) {
  const int rank = parallel::rank_of(comm);
  const auto first = scores.points.begin(rank);
  const auto from = std::clamp(lot.begin, first, scores.points.end(rank)) - first;
  const auto to = std::clamp(lot.end, first, scores.points.end(rank)) - first;
  return {parallel::Partition::from_local(comm, to - from),
          scores.n_dims,
          {scores.value.begin() + from * scores.n_dims, scores.value.begin() + to * scores.n_dims}};
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

/// The scores of this rank's cells of a lot.
std::vector<double> score_lot(const Study& study, const matrix::Embedding& scores, const CellRange& lot,
                              std::uint64_t key, const ScoreOptions& options) {
  const auto cells = static_cast<double>(lot.size());
  const auto n_simulated = static_cast<std::int64_t>(std::llround(options.simulated_per_cell * cells));
  const double ratio = static_cast<double>(n_simulated) / cells;
  const auto few = options.neighbors > 0 ? options.neighbors
                                         : std::max(1, static_cast<std::int32_t>(std::lround(0.5 * std::sqrt(cells))));
  const auto k = static_cast<std::int32_t>(std::lround(few * (1 + ratio)));
  const auto own = observed(study.comm, scores, lot);
  const auto near_observed = knn::nearest(study.comm, own, {.k = k});
  const auto near_simulated = knn::nearest(study.comm, simulate(study, lot, key, n_simulated), own, {.k = k});
  std::vector<double> result(own.n_local());
  for (std::int64_t i = 0; i < std::ssize(result); ++i) {
    const auto row = [&](const matrix::Neighbors& near) { return std::span(near.distance).subspan(i * k, k); };
    const double share = (simulated_among(row(near_observed), row(near_simulated), k) + 1.0) / (k + 2.0);
    result[i] = chance_of_doublet(share, ratio, options.expected_share);
  }
  return result;
}

}  // namespace

std::vector<double> score(MPI_Comm comm, const matrix::DistributedCells& cells, std::int32_t n_columns,
                          std::span<const std::int32_t> selected, const normalize::LogNormalizeOptions& log_normalize,
                          const matrix::Embedding& scores, const pca::Model& model, const matrix::Lots& lots,
                          const ScoreOptions& options) {
  if (!(options.simulated_per_cell > 0) || !(options.expected_share > 0 && options.expected_share < 1) ||
      options.neighbors < 0 || options.fewest_cells < 2)
    throw UsageError(
        "doublets: simulated_per_cell must be positive, expected_share between 0 and 1, fewest_cells at least 2");
  const Study study{comm, cells, n_columns, selected, log_normalize, model};
  std::vector<double> all;
  all.reserve(cells.mine.n_cells());
  const auto ranges = ranges_of(comm, cells, std::ssize(lots));
  for (std::size_t l = 0; l < ranges.size(); ++l) {
    if (ranges[l].size() < options.fewest_cells) {
      all.resize(all.size() + observed(comm, scores, ranges[l]).n_local(), missing);
      continue;
    }
    const auto own = score_lot(study, scores, ranges[l], stats::hash_text(options.seed, lots[l].id), options);
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

matrix::Table score_by_lot(MPI_Comm comm, std::span<const double> score, std::span<const std::int32_t> lot,
                           const matrix::Lots& lots, double threshold) {
  constexpr double steps = 0x1p40;  // a score in integers: 2^23 cells of a lot can be summed
  constexpr int n_sums = 4;         // cells, with a score, their sum, above
  std::vector<std::int64_t> sums(n_sums * std::ssize(lots), 0);
  for (std::int64_t i = 0; i < std::ssize(score); ++i) {
    auto* const of_lot = sums.data() + std::int64_t{n_sums} * lot[i];
    ++of_lot[0];
    if (std::isnan(score[i])) continue;
    ++of_lot[1];
    of_lot[2] += std::llround(score[i] * steps);
    of_lot[3] += score[i] >= threshold ? 1 : 0;
  }
  parallel::sum_over_ranks(comm, sums);

  struct Row {
    std::string lot;
    std::int64_t cells;
    double mean, above;
  };
  std::vector<Row> rows;
  for (std::int64_t l = 0; l < std::ssize(lots); ++l) {
    const auto* const s = sums.data() + n_sums * l;
    const auto scored = static_cast<double>(s[1]);
    rows.push_back({lots[l].id, s[0], s[1] > 0 ? static_cast<double>(s[2]) / steps / scored : missing,
                    s[1] > 0 ? static_cast<double>(s[3]) / scored : missing});
  }
  matrix::TableColumns<Row> table("doublets", rows);
  table.add("lot", &Row::lot);
  table.add("cells", &Row::cells);
  table.add("mean_score", &Row::mean);
  table.add("share_above", &Row::above);
  return table.take();
}

}  // namespace miura::doublets
