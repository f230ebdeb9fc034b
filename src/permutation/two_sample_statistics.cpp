#include "miura/permutation/two_sample_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "miura/stats/ranks.hpp"

namespace miura::permutation {

TwoSampleStatistics::TwoSampleStatistics(std::span<const double> feature, std::int32_t n_lots, TwoSample which,
                                         Side side)
    : which_(which), side_(side), n_lots_(n_lots), n_features_(std::ssize(feature) / n_lots) {
  value_.resize(feature.size());
  total_.resize(n_features_);
  constant_.resize(n_features_);
  for (std::int64_t f = 0; f < n_features_; ++f) {
    const auto row = feature.subspan(f * n_lots, n_lots);
    std::vector<double> own(row.begin(), row.end());
    if (which == TwoSample::wilcoxon) std::ranges::copy(stats::doubled_mid_ranks(row), own.begin());
    const double mean = std::accumulate(own.begin(), own.end(), 0.0) / n_lots;
    constant_[f] = std::ranges::count(row, row[0]) == n_lots;
    for (std::int32_t l = 0; l < n_lots; ++l) {
      value_[l * n_features_ + f] = own[l];
      total_[f] += (own[l] - mean) * (own[l] - mean);
    }
  }
}

void TwoSampleStatistics::compute(const std::vector<std::int32_t>& label, std::int64_t first, std::span<double> t,
                                  Scratch& scratch) const {
  const auto n = std::ssize(t);
  double size[2] = {0.0, 0.0};
  for (const int g : {0, 1}) {
    scratch.sum[g].assign(n, 0.0);
    scratch.square[g].assign(n, 0.0);
  }
  for (std::int32_t l = 0; l < n_lots_; ++l) {
    size[label[l]] += 1.0;
    auto* sum = scratch.sum[label[l]].data();
    const auto* x = value_.data() + l * n_features_ + first;
    for (std::int64_t f = 0; f < n; ++f) sum[f] += x[f];
  }
  if (which_ == TwoSample::wilcoxon) {
    const double sd = std::sqrt(size[0] * size[1] * (n_lots_ + 1) / 12.0);
    for (std::int64_t f = 0; f < n; ++f) t[f] = scratch.sum[1][f] / 2.0 / sd;
    return;
  }
  for (const int g : {0, 1})
    for (auto& sum : scratch.sum[g]) sum /= size[g];
  for (std::int32_t l = 0; l < n_lots_; ++l) {
    const auto* mean = scratch.sum[label[l]].data();
    auto* square = scratch.square[label[l]].data();
    const auto* x = value_.data() + l * n_features_ + first;
    for (std::int64_t f = 0; f < n; ++f) square[f] += (x[f] - mean[f]) * (x[f] - mean[f]);
  }
  for (std::int64_t f = 0; f < n; ++f)
    t[f] = ratio(scratch.sum[1][f] - scratch.sum[0][f], scratch.square[0][f], scratch.square[1][f], size,
                 total_[first + f]);
}

void TwoSampleStatistics::compute_extreme(const std::vector<std::int32_t>& label, std::int64_t first,
                                          std::span<double> t, Scratch& scratch) const {
  compute(label, first, t, scratch);
  for (auto& value : t) value = extreme(value);
}

double TwoSampleStatistics::ratio(double difference, double square_0, double square_1, const double* size,
                                  double total) const {
  const double within = square_0 + square_1;
  if (within <= 1e-24 * total)  // nothing but rounding: the groups are apart, or all is equal
    return difference == 0.0 ? 0.0 : std::copysign(std::numeric_limits<double>::infinity(), difference);
  const double variance = which_ == TwoSample::t
                              ? within / (size[0] + size[1] - 2.0) * (1.0 / size[0] + 1.0 / size[1])
                              : square_0 / (size[0] - 1.0) / size[0] + square_1 / (size[1] - 1.0) / size[1];
  return difference / std::sqrt(variance);
}

}  // namespace miura::permutation
