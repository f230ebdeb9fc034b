#include "transfer/anchor_votes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "miura/knn/search.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/requested_rows.hpp"

namespace miura::transfer {

namespace {

/// This rank's query cells that have anchors, ascending, and of each its up to k_anchor anchors in order of reference
/// cell.
struct AnchorCells {
  matrix::Embedding scores;
  std::vector<std::int32_t> label;  ///< cells x k_anchor; -1 behind the last
  std::vector<double> score;        ///< likewise
};

/// Anchors with the rank that owns their query cell, in order of reference cell: ranks own consecutive ones.
struct Arrived {
  std::vector<std::int64_t> query;
  std::vector<std::int32_t> label;
  std::vector<double> score;
};

template <class T>
std::vector<T> joined(const std::vector<std::vector<T>>& parts) {
  std::vector<T> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Arrived send_to_query_cells(MPI_Comm comm, const Reference& reference, const parallel::Partition& query_cells,
                            const Anchors& anchors) {
  const auto first = reference.scores.points.begin(parallel::rank_of(comm));
  const auto ranks = query_cells.ranks();
  std::vector<std::vector<std::int64_t>> query(ranks);
  std::vector<std::vector<std::int32_t>> label(ranks);
  std::vector<std::vector<double>> score(ranks);
  for (std::size_t a = 0; a < anchors.query.size(); ++a) {
    const int owner = query_cells.owner(anchors.query[a]);
    query[owner].push_back(anchors.query[a]);
    label[owner].push_back(reference.label[anchors.reference[a] - first]);
    score[owner].push_back(anchors.score[a]);
  }
  return {joined(parallel::exchange(comm, query)), joined(parallel::exchange(comm, label)),
          joined(parallel::exchange(comm, score))};
}

AnchorCells anchor_cells(MPI_Comm comm, const Arrived& arrived, const matrix::Embedding& query_scores,
                         std::int32_t k_anchor) {
  std::vector<std::int64_t> order(arrived.query.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::ranges::stable_sort(order, {}, [&](auto a) { return arrived.query[a]; });
  const auto first = query_scores.points.begin(parallel::rank_of(comm));

  AnchorCells cells{{{}, query_scores.n_dims, {}}, {}, {}};
  std::int64_t n = 0, previous = -1;
  std::int32_t taken = 0;
  for (const auto a : order) {
    if (const auto cell = arrived.query[a]; cell != previous) {
      const auto row = query_scores.row(cell - first);
      cells.scores.value.insert(cells.scores.value.end(), row.begin(), row.end());
      ++n;
      cells.label.resize(n * k_anchor, -1);
      cells.score.resize(n * k_anchor);
      previous = cell;
      taken = 0;
    }
    const auto at = (n - 1) * k_anchor + taken++;
    cells.label[at] = arrived.label[a];
    cells.score[at] = arrived.score[a];
  }
  cells.scores.points = parallel::Partition::from_local(comm, n);
  return cells;
}

}  // namespace

LabelScores anchor_votes(MPI_Comm comm, const Reference& reference, const matrix::Embedding& query_scores,
                         const Anchors& anchors, const AnchorOptions& options) {
  const auto n = query_scores.n_local();
  const std::int64_t n_labels = reference.n_labels;
  LabelScores result{std::vector<double>(n * n_labels, std::numeric_limits<double>::quiet_NaN()),
                     std::vector<std::int32_t>(n)};
  const auto arrived = send_to_query_cells(comm, reference, query_scores.points, anchors);
  const auto cells = anchor_cells(comm, arrived, query_scores, options.k_anchor);
  const auto k = static_cast<std::int32_t>(std::min<std::int64_t>(options.k_weight, cells.scores.points.size()));
  if (k == 0) return result;

  const auto near = knn::nearest(comm, cells.scores, query_scores, {.k = k});
  const parallel::RequestedRows<std::int32_t> labels(comm, cells.scores.points, cells.label, options.k_anchor, near.id);
  const parallel::RequestedRows<double> anchor_scores(comm, cells.scores.points, cells.score, options.k_anchor,
                                                      near.id);
  const double steepness = options.sd_weight * options.sd_weight / 4;
  for (std::int64_t i = 0; i < n; ++i) {
    const auto share = std::span(result.share).subspan(i * n_labels, n_labels);
    std::ranges::fill(share, 0.0);
    const double farthest = near.distance[i * k + k - 1];
    double total = 0;
    auto& used = result.anchors_used[i];
    for (std::int32_t a = 0; a < k && used < options.k_weight; ++a) {
      const auto cell = near.id[i * k + a];
      const double nearness = farthest > 0 ? 1 - near.distance[i * k + a] / farthest : 1.0;
      const auto label = labels[cell];
      const auto score = anchor_scores[cell];
      for (std::int32_t m = 0; m < options.k_anchor && label[m] >= 0 && used < options.k_weight; ++m, ++used) {
        const double weight = 1 - std::exp(-nearness * score[m] * steepness);
        share[label[m]] += weight;
        total += weight;
      }
    }
    for (auto& s : share) s = total > 0 ? s / total : std::numeric_limits<double>::quiet_NaN();
  }
  return result;
}

}  // namespace miura::transfer
