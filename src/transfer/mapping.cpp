#include "miura/transfer/mapping.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "miura/base/error.hpp"
#include "miura/knn/search.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "transfer/anchor_votes.hpp"
#include "transfer/nearest_votes.hpp"

namespace miura::transfer {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

void validate(const MapOptions& o) {
  const auto& a = o.anchor;
  if (std::min({o.dims, o.k_dist, a.k_anchor, a.k_score, a.k_weight, o.centroids.k, o.centroids.rounds}) < 1)
    throw UsageError("map: dims and the numbers of neighbours and centroids must be at least 1");
  if (a.k_filter < 0) throw UsageError("map: k_filter must be 0 (no check by expression) or more");
  if (!(a.sd_weight > 0) || !(o.centroids.sigma > 0) || !(o.centroids.ridge > 0))
    throw UsageError("map: sd_weight, sigma and ridge must be above 0");
}

std::vector<std::int64_t> first_cells(MPI_Comm comm, const Reference& reference) {
  constexpr auto none = std::numeric_limits<std::int64_t>::max();
  const auto first = reference.scores.points.begin(parallel::rank_of(comm));
  const std::int64_t n_labels = reference.n_labels;
  std::vector<std::int64_t> mine(n_labels, none);
  for (std::int64_t i = std::ssize(reference.label) - 1; i >= 0; --i) mine[reference.label[i]] = first + i;
  const auto all = parallel::gather_everywhere<std::int64_t>(comm, mine);
  for (std::size_t at = 0; at < all.size(); ++at) {
    auto& cell = mine[static_cast<std::int64_t>(at) % n_labels];
    cell = std::min(cell, all[at]);
  }
  return mine;
}

/// The first `dims` coordinates; all where there are fewer.
matrix::Embedding first_dims(const matrix::Embedding& all, std::int32_t dims) {
  if (dims >= all.n_dims) return all;
  matrix::Embedding some{all.points, dims, {}};
  for (std::int64_t i = 0; i < all.n_local(); ++i) {
    const auto row = all.row(i).first(dims);
    some.value.insert(some.value.end(), row.begin(), row.end());
  }
  return some;
}

/// Cosine distance is half the squared distance of rows of length 1; a row of length 0 is at right angles to all.
std::vector<double> mean_distance(const matrix::Neighbors& near, const matrix::Embedding& unit_query,
                                  std::int32_t k_dist) {
  std::vector<double> mean(near.n_local(), not_a_number);
  for (std::int64_t i = 0; i < near.n_local(); ++i) {
    double sum = 0;
    std::int64_t n = 0;
    for (; n < std::min(k_dist, near.k) && near.id[i * near.k + n] >= 0; ++n) {
      const double distance = near.distance[i * near.k + n];
      sum += distance * distance / 2;
    }
    const bool zero = std::ranges::all_of(unit_query.row(i), [](float x) { return x == 0; });
    if (n > 0) mean[i] = zero ? 1.0 : sum / static_cast<double>(n);
  }
  return mean;
}

/// The first `k` of each list.
std::vector<std::int64_t> nearest_ids(const matrix::Neighbors& neighbors, std::int32_t k) {
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < neighbors.n_local(); ++i)
    all.insert(all.end(), neighbors.id.begin() + i * neighbors.k,
               neighbors.id.begin() + i * neighbors.k + std::min(k, neighbors.k));
  return all;
}

/// The two labels for which most speaks; -1 for one for which nothing does.
std::pair<std::int32_t, std::int32_t> best_two(std::span<const double> share, std::span<const std::int64_t> first) {
  std::int32_t best = -1, second = -1;
  const auto beats = [&](std::int32_t a, std::int32_t b) {
    return b < 0 || share[a] > share[b] || (share[a] == share[b] && first[a] < first[b]);
  };
  for (std::int32_t l = 0; l < std::ssize(share); ++l) {
    if (!(share[l] > 0)) continue;
    if (beats(l, best))
      second = std::exchange(best, l);
    else if (beats(l, second))
      second = l;
  }
  return {best, second};
}

/// Labels, margins and status from the scores. `nothing` is the status of cells for which nothing speaks.
void choose_labels(LabelScores scores, std::span<const std::int64_t> first_cell, Status nothing, Mapping& mapping) {
  mapping.label_score = std::move(scores.share);
  mapping.n_anchors_used = std::move(scores.anchors_used);
  const std::int64_t n_labels = mapping.n_labels;
  for (std::size_t i = 0; i < mapping.knn_dist.size(); ++i) {
    const auto share = std::span(mapping.label_score).subspan(i * n_labels, n_labels);
    const auto [best, second] = best_two(share, first_cell);
    mapping.label.push_back(best);
    mapping.second_label.push_back(second);
    mapping.mapping_score.push_back(best < 0 ? not_a_number : share[best]);
    mapping.margin.push_back(best < 0 ? not_a_number : share[best] - (second < 0 ? 0.0 : share[second]));
    mapping.status.push_back(best < 0 ? nothing : Status::ok);
  }
  mapping.p_outlier.assign(mapping.label.size(), not_a_number);
  mapping.p_neighborhood = mapping.p_outlier;
}

}  // namespace

std::string_view word_for(Status status) {
  constexpr std::array<std::string_view, 5> words{"OK", "LOW_SCORE", "OUTSIDE", "NO_WEIGHT", "NO_ANCHORS"};
  return words[static_cast<std::size_t>(status)];
}

PreparedReference prepare(MPI_Comm comm, Reference reference, const MapOptions& options, KnownOfReference known) {
  validate(options);
  parallel::together(comm, [&] {
    if (std::ssize(reference.label) != reference.scores.points.n_local(parallel::rank_of(comm)))
      throw std::logic_error("not a label for every reference cell");
    if (!std::ranges::all_of(reference.label, [&](auto l) { return 0 <= l && l < reference.n_labels; }))
      throw std::logic_error("a label of a reference cell that is not in the range of labels");
  });
  PreparedReference prepared{
      .cells = std::move(reference), .unit = {}, .neighborhood = {}, .centroids = {}, .first_cell = {}};
  prepared.cells.scores = first_dims(prepared.cells.scores, options.dims);
  prepared.unit = unit_rows(prepared.cells.scores, options.dims);
  prepared.first_cell = first_cells(comm, prepared.cells);
  if (options.mode == Mode::anchor)
    prepared.neighborhood = known.neighborhood ? std::move(*known.neighborhood)
                                               : neighborhoods(comm, prepared.unit, options.anchor.k_score);
  else
    prepared.centroids = known.centroids ? std::move(*known.centroids)
                                         : summarize(comm, prepared.cells.scores, options.dims, options.centroids);
  return prepared;
}

Mapping map_lot(MPI_Comm comm, const PreparedReference& reference, const Query& query, const MapOptions& options) {
  const auto scores = first_dims(query.scores, options.dims);
  const auto unit = unit_rows(scores, options.dims);
  Mapping mapping;
  mapping.n_labels = reference.cells.n_labels;
  mapping.cells = scores.points;
  if (options.mode == Mode::anchor) {
    const auto neighbors = cross_neighbors(comm, reference.unit, unit, options.k_dist, options.anchor);
    mapping.knn_dist = mean_distance(neighbors.query_to_reference, unit, options.k_dist);
    mapping.around = nearest_ids(neighbors.within_query, options.k_around);
    mapping.anchors = find_anchors(comm, reference.cells, reference.neighborhood, query, neighbors, options.anchor);
    choose_labels(anchor_votes(comm, reference.cells, scores, mapping.anchors, options.anchor), reference.first_cell,
                  mapping.anchors.n_kept > 0 ? Status::no_weight : Status::no_anchors, mapping);
    return mapping;
  }
  // Distances are of the plain scores: the shift would bring a lot of foreign cells nearer too.
  mapping.knn_dist =
      mean_distance(knn::nearest(comm, reference.unit, unit, {.k = options.k_dist}), unit, options.k_dist);
  const auto moved = unit_rows(shifted(comm, reference.centroids, scores, options.centroids), options.dims);
  const auto near = knn::nearest(comm, reference.unit, moved, {.k = options.k_dist});
  choose_labels(nearest_votes(comm, reference.cells, near), reference.first_cell, Status::no_weight, mapping);
  return mapping;
}

}  // namespace miura::transfer
