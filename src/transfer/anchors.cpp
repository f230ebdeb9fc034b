#include "miura/transfer/anchors.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <compare>
#include <limits>
#include <ranges>

#include "miura/knn/search.hpp"
#include "miura/matrix/moved_rows.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/requested_rows.hpp"

namespace miura::transfer {

namespace {

using Ids = std::span<const std::int64_t>;

Ids row(const matrix::Neighbors& neighbors, std::int64_t i, std::int32_t k) {
  return std::span(neighbors.id).subspan(i * neighbors.k, std::min(k, neighbors.k));
}

/// The first `k` columns of the lists of these local rows, ids ascending, so that two of them can be compared side by
/// side.
template <class Rows>
std::vector<std::int64_t> ascending(const matrix::Neighbors& neighbors, const Rows& rows, std::int32_t k) {
  std::vector<std::int64_t> all;
  all.reserve(std::ranges::ssize(rows) * k);
  for (const std::int64_t i : rows) {
    const auto ids = row(neighbors, i, k);
    all.insert(all.end(), ids.begin(), ids.end());
    std::sort(all.end() - std::ssize(ids), all.end());
  }
  return all;
}

std::vector<std::int64_t> ascending(const matrix::Neighbors& neighbors, std::int32_t k) {
  return ascending(neighbors, std::views::iota(std::int64_t{0}, neighbors.n_local()), k);
}

std::int32_t in_common(Ids a, Ids b) {
  std::int32_t n = 0;
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (*i == *j && *i >= 0) ++n;
    if (*i < *j)
      ++i;
    else if (*j < *i)
      ++j;
    else
      ++i, ++j;
  }
  return n;
}

/// A reference cell of this rank and a query cell that has it among its k_anchor nearest.
struct Choice {
  std::int64_t reference, query;
  auto operator<=>(const Choice&) const = default;
};

/// The choices of all query cells, by the rank that owns the reference cell; ascending.
std::vector<Choice> choices(MPI_Comm comm, const CrossNeighbors& neighbors, std::int32_t k_anchor) {
  const auto& near = neighbors.query_to_reference;
  const auto first_query = near.queries.begin(parallel::rank_of(comm));
  std::vector<std::vector<std::int64_t>> send(parallel::size_of(comm));  // reference cell, query cell, ...
  for (std::int64_t j = 0; j < near.n_local(); ++j)
    for (const auto i : row(near, j, k_anchor))
      if (i >= 0) {
        auto& to = send[neighbors.reference.points.owner(i)];
        to.insert(to.end(), {i, first_query + j});
      }
  std::vector<Choice> mine;
  for (const auto& received : parallel::exchange(comm, send))
    for (std::size_t at = 0; at < received.size(); at += 2) mine.push_back({received[at], received[at + 1]});
  std::ranges::sort(mine);
  return mine;
}

/// Step 1: kept of the choices of query cells are those near to the reference cell as well. Reference cells that no
/// query cell has chosen, most of them, need not search.
Anchors mutual_pairs(MPI_Comm comm, const CrossNeighbors& neighbors, std::int32_t k_anchor) {
  const auto chosen = choices(comm, neighbors, k_anchor);
  const auto first = neighbors.reference.points.begin(parallel::rank_of(comm));
  std::vector<std::int64_t> asked, rows;
  for (const auto& choice : chosen) {
    if (!asked.empty() && asked.back() == choice.reference) continue;
    asked.push_back(choice.reference);
    rows.push_back(choice.reference - first);
  }
  const auto near = knn::nearest(comm, neighbors.query, rows_of(comm, neighbors.reference, rows), {.k = k_anchor});
  Anchors anchors;
  for (std::int64_t a = 0; a < std::ssize(asked); ++a)
    for (const auto j : row(near, a, k_anchor))
      if (std::ranges::binary_search(chosen, Choice{asked[a], j})) {
        anchors.reference.push_back(asked[a]);
        anchors.query.push_back(j);
      }
  anchors.n_mutual = parallel::sum_over_ranks(comm, std::ssize(anchors.query));
  return anchors;
}

/// Calls visit(first, last) for the anchors of each reference cell; they follow one another.
template <class Visit>
void for_each_reference_cell(const Anchors& anchors, Visit&& visit) {
  const auto n = std::ssize(anchors.reference);
  for (std::int64_t first = 0, last = 0; first < n; first = last) {
    while (last < n && anchors.reference[last] == anchors.reference[first]) ++last;
    visit(first, last);
  }
}

/// Local rows of the reference cells that have an anchor, in their order.
std::vector<std::int64_t> anchored(MPI_Comm comm, const parallel::Partition& reference, const Anchors& anchors) {
  const auto first_row = reference.begin(parallel::rank_of(comm));
  std::vector<std::int64_t> rows;
  for_each_reference_cell(
      anchors, [&](std::int64_t first, std::int64_t) { rows.push_back(anchors.reference[first] - first_row); });
  return rows;
}

/// Step 2: keeps pairs that are near by expression too.
void keep_near_by_expression(MPI_Comm comm, const Reference& reference, const Query& query, std::int32_t k_filter,
                             Anchors& anchors) {
  const auto& expression = reference.expression;
  const auto rows = anchored(comm, expression.points, anchors);
  const auto asking = unit_rows(rows_of(comm, expression, rows), expression.n_dims);
  std::vector<knn::QueryPoint> pairs;
  std::int64_t cell = 0;
  for_each_reference_cell(anchors, [&](std::int64_t first, std::int64_t last) {
    for (auto a = first; a < last; ++a) pairs.push_back({cell, anchors.query[a]});
    ++cell;
  });
  const auto near =
      knn::among_nearest(comm, unit_rows(query.expression, query.expression.n_dims), asking, pairs, {.k = k_filter});
  std::int64_t n = 0;
  for (std::size_t a = 0; a < near.size(); ++a)
    if (near[a]) {
      anchors.reference[n] = anchors.reference[a];
      anchors.query[n++] = anchors.query[a];
    }
  anchors.reference.resize(n);
  anchors.query.resize(n);
}

/// Quantile of type 7 (R's default) of integers of which `count[v]` have value v.
double quantile(std::span<const std::int64_t> count, std::int64_t n, double probability) {
  const double place = static_cast<double>(n - 1) * probability;
  const auto lower = static_cast<std::int64_t>(std::floor(place));
  const auto value_at = [&](std::int64_t position) {
    std::int64_t v = 0;
    for (auto before = count[0]; before <= position; before += count[++v]) {
    }
    return static_cast<double>(v);
  };
  const double below = value_at(lower), above = value_at(std::min(lower + 1, n - 1));
  return below + (place - static_cast<double>(lower)) * (above - below);
}

/// Step 3, first half: what the neighbourhoods of the two cells of each anchor share.
void count_shared(MPI_Comm comm, const matrix::Neighbors& within_reference, const CrossNeighbors& neighbors,
                  std::int32_t k_score, Anchors& anchors) {
  const auto& query_cells = neighbors.within_query.queries;
  const auto rows = anchored(comm, neighbors.reference.points, anchors);
  const auto among_reference = ascending(within_reference, rows, k_score);
  const auto among_query =
      ascending(knn::nearest(comm, neighbors.query, rows_of(comm, neighbors.reference, rows), {.k = k_score}), k_score);
  const parallel::RequestedRows<std::int64_t> partner_among_reference(
      comm, query_cells, ascending(neighbors.query_to_reference, k_score), k_score, anchors.query);
  const parallel::RequestedRows<std::int64_t> partner_among_query(
      comm, query_cells, ascending(neighbors.within_query, k_score), k_score, anchors.query);
  std::int64_t cell = 0;
  for_each_reference_cell(anchors, [&](std::int64_t first, std::int64_t last) {
    const auto near_reference = Ids(among_reference).subspan(cell * k_score, k_score);
    const auto near_query = Ids(among_query).subspan(cell * k_score, k_score);
    ++cell;
    for (auto a = first; a < last; ++a)
      anchors.shared.push_back(in_common(near_reference, partner_among_reference[anchors.query[a]]) +
                               in_common(near_query, partner_among_query[anchors.query[a]]));
  });
}

/// Step 3, second half. The quantiles are over the anchors of all ranks, from exact counts.
void score(MPI_Comm comm, std::int32_t k_score, Anchors& anchors) {
  std::vector<std::int64_t> count(2 * k_score + 1);
  for (const auto shared : anchors.shared) ++count[shared];
  parallel::sum_over_ranks(comm, count);
  anchors.n_kept = parallel::sum_over_ranks(comm, std::ssize(anchors.query));
  if (anchors.n_kept == 0) return;
  const double low = quantile(count, anchors.n_kept, 0.01), high = quantile(count, anchors.n_kept, 0.9);
  for (const auto shared : anchors.shared)
    anchors.score.push_back(high > low ? std::clamp((shared - low) / (high - low), 0.0, 1.0) : 1.0);
}

}  // namespace

matrix::Embedding unit_rows(const matrix::Embedding& points, std::int32_t dims) {
  const auto n = points.n_local();
  matrix::Embedding unit{points.points, std::min(dims, points.n_dims), {}};
  unit.value.resize(n * unit.n_dims);
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < n; ++i) {
    const auto x = points.row(i).first(unit.n_dims);
    double square = 0;
    for (const double value : x) square += value * value;
    const double length = std::sqrt(square);
    for (std::int32_t d = 0; d < unit.n_dims; ++d)
      unit.value[i * unit.n_dims + d] = length > 0 ? static_cast<float>(x[d] / length) : 0.0F;
  }
  return unit;
}

matrix::Neighbors neighborhoods(MPI_Comm comm, const matrix::Embedding& points, std::int32_t k) {
  const auto first = points.points.begin(parallel::rank_of(comm));
  const auto n = points.points.n_local(parallel::rank_of(comm));
  matrix::Neighbors others;
  if (k > 1) others = knn::nearest(comm, points, {.k = k - 1});
  matrix::Neighbors all{points.points, k, std::vector<std::int64_t>(n * k), std::vector<float>(n * k)};
  for (std::int64_t i = 0; i < n; ++i) {
    all.id[i * k] = first + i;
    std::copy_n(others.id.begin() + i * (k - 1), k - 1, all.id.begin() + i * k + 1);
    std::copy_n(others.distance.begin() + i * (k - 1), k - 1, all.distance.begin() + i * k + 1);
  }
  return all;
}

CrossNeighbors cross_neighbors(MPI_Comm comm, const matrix::Embedding& reference, const matrix::Embedding& query,
                               std::int32_t k_dist, const AnchorOptions& options) {
  const auto of_query = std::max({options.k_anchor, options.k_score, k_dist});
  return {.reference = reference,
          .query = query,
          .within_query = neighborhoods(comm, query, options.k_score),
          .query_to_reference = knn::nearest(comm, reference, query, {.k = of_query})};
}

Anchors find_anchors(MPI_Comm comm, const Reference& reference, const matrix::Neighbors& within_reference,
                     const Query& query, const CrossNeighbors& neighbors, const AnchorOptions& options) {
  auto anchors = mutual_pairs(comm, neighbors, options.k_anchor);
  const bool checks = options.k_filter > 0 && reference.expression.n_dims > 0 &&
                      std::min(reference.scores.points.size(), query.scores.points.size()) >= options.k_filter;
  if (checks) keep_near_by_expression(comm, reference, query, options.k_filter, anchors);
  count_shared(comm, within_reference, neighbors, options.k_score, anchors);
  score(comm, options.k_score, anchors);
  return anchors;
}

}  // namespace miura::transfer
