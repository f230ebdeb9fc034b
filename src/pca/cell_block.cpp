#include "pca/cell_block.hpp"

#include <cblas.h>

#include <algorithm>
#include <numeric>

namespace miura::pca {

namespace {

constexpr std::int32_t panel = 128;      // features of a product of matrices
constexpr std::int32_t worth_it = 64;    // fewer frequent features do not pay for it
constexpr std::int64_t frequent_of = 6;  // in more than one of so many cells; of a quarter to an eighth the fastest

}  // namespace

FeatureOrder as_they_come(std::int32_t n_features) {
  FeatureOrder order{std::vector<std::int32_t>(n_features), n_features};
  std::iota(order.place.begin(), order.place.end(), 0);
  return order;
}

FeatureOrder by_frequency(std::span<const std::int64_t> n_cells_with, std::int64_t n_cells) {
  const auto is_frequent = [&](std::int64_t n) { return frequent_of * n > n_cells; };
  const auto n_features = static_cast<std::int32_t>(n_cells_with.size());
  const auto n_frequent = static_cast<std::int32_t>(std::ranges::count_if(n_cells_with, is_frequent));
  if (n_frequent < worth_it) return as_they_come(n_features);
  FeatureOrder order{std::vector<std::int32_t>(n_features), n_features - n_frequent};
  std::int32_t next_rare = 0, next_frequent = order.n_rare;
  for (std::int32_t j = 0; j < n_features; ++j)
    order.place[j] = is_frequent(n_cells_with[j]) ? next_frequent++ : next_rare++;
  return order;
}

CellBlock::CellBlock(const FeatureOrder& order, std::int64_t most_cells, std::int64_t most_entries)
    : order_(order),
      entry_(most_entries),
      occurrence_(most_entries),
      feature_end_(order.n_rare),
      frequent_(most_cells * order.n_frequent()),
      product_(std::min(panel, order.n_frequent()) * std::int64_t{order.n_frequent()}) {}

void CellBlock::load(const matrix::GridMatrix& x, std::span<const std::int64_t> rows, const Scaling& scaling) {
  const std::int64_t n_frequent = order_.n_frequent();
  n_cells_ = std::ssize(rows);
  std::ranges::fill(feature_end_, 0);
  std::fill_n(frequent_.begin(), n_cells_ * n_frequent, 0.0);
  std::int32_t n = 0;
  for (std::int64_t r = 0; r < n_cells_; ++r) {
    const auto begin = x.row_start[rows[r]], end = x.row_start[rows[r] + 1];
    auto rare = n;
    for (auto at = begin; at < end; ++at) {
      const auto feature = x.column[at], place = order_.place[feature];
      if (place >= order_.n_rare) continue;
      entry_[rare++] = {place, scaling.cut(feature, x.value[at])};
      ++feature_end_[place];
    }
    n += static_cast<std::int32_t>(end - begin);
    if (rare == n) continue;
    auto* const dense = frequent_.data() + r * n_frequent - order_.n_rare;
    for (auto at = begin; at < end; ++at) {
      const auto feature = x.column[at], place = order_.place[feature];
      if (place < order_.n_rare) continue;
      const auto value = scaling.cut(feature, x.value[at]);
      entry_[rare++] = {place, value};
      dense[place] = value;
    }
  }
  std::exclusive_scan(feature_end_.begin(), feature_end_.end(), feature_end_.begin(),
                      0);  // a start; the end when all are in
  std::int32_t cell_end = 0;
  for (const auto row : rows) {
    auto at = cell_end;
    cell_end += static_cast<std::int32_t>(x.row_start[row + 1] - x.row_start[row]);
    for (; at < cell_end && entry_[at].place < order_.n_rare; ++at)
      occurrence_[feature_end_[entry_[at].place]++] = {at, cell_end};
  }
}

void CellBlock::add_products(Triangle shape, std::int64_t* sums) {
  add_products_of_rare(shape, sums);
  add_products_of_frequent(shape, sums);
}

/// Feature by feature, so that the sums being added to are one row of the triangle at a time.
void CellBlock::add_products_of_rare(Triangle shape, std::int64_t* sums) const {
  std::int32_t from = 0;
  for (std::int32_t i = 0; i < order_.n_rare; ++i) {
    std::int64_t* const row = sums + shape.row_offset(i);
    for (; from < feature_end_[i]; ++from) {
      const auto [at, cell_end] = occurrence_[from];
      const std::int64_t value = entry_[at].value;
      for (auto partner = at; partner < cell_end; ++partner)
        row[entry_[partner].place] += value * entry_[partner].value;
    }
  }
}

/// Some features with themselves and all that follow, panel after panel.
void CellBlock::add_products_of_frequent(Triangle shape, std::int64_t* sums) {
  const auto n = order_.n_frequent();
  for (std::int32_t first = 0; first < n; first += panel) {
    const auto width = std::min(panel, n - first), others = n - first;
    const double* const from_first = frequent_.data() + first;
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, width, others, static_cast<blasint>(n_cells_), 1.0, from_first,
                n, from_first, n, 0.0, product_.data(), others);
    for (std::int32_t i = 0; i < width; ++i) {
      const auto place = order_.n_rare + first + i;
      std::int64_t* const row = sums + shape.row_offset(place) + place;
      const double* const products = product_.data() + std::int64_t{i} * others + i;
      for (std::int32_t j = 0; j < others - i; ++j) row[j] += static_cast<std::int64_t>(products[j]);
    }
  }
}

}  // namespace miura::pca
