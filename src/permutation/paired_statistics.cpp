#include "miura/permutation/paired_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "miura/stats/ranks.hpp"

namespace miura::permutation {

namespace {

void replace_by_signed_ranks(std::vector<double>& difference, std::vector<double>& size) {
  std::ranges::transform(difference, size.begin(), [](double d) { return std::abs(d); });
  const auto rank = stats::doubled_mid_ranks(size);
  const auto n = static_cast<std::int32_t>(std::ssize(size));
  for (std::int32_t p = 0; p < n; ++p)
    if (difference[p] != 0.0) difference[p] = std::copysign((rank[p] + n + 1) / 2.0, difference[p]);
}

}  // namespace

PairedStatistics::PairedStatistics(std::span<const double> feature, std::int32_t n_lots, std::vector<LotPair> pairs,
                                   Paired which, Side side)
    : which_(which), side_(side), n_features_(std::ssize(feature) / n_lots), pairs_(std::move(pairs)) {
  const auto n_pairs = std::ssize(pairs_);
  value_.resize(n_pairs * n_features_);
  square_.resize(n_features_);
  std::vector<double> difference(n_pairs), size(n_pairs);
  for (std::int64_t f = 0; f < n_features_; ++f) {
    const auto row = feature.subspan(f * n_lots, n_lots);
    for (std::int64_t p = 0; p < n_pairs; ++p) difference[p] = row[pairs_[p].one] - row[pairs_[p].zero];
    if (which == Paired::signed_rank) replace_by_signed_ranks(difference, size);
    for (std::int64_t p = 0; p < n_pairs; ++p) {
      value_[p * n_features_ + f] = difference[p];
      square_[f] += difference[p] * difference[p];
    }
  }
}

void PairedStatistics::compute(const std::vector<std::int32_t>& label, std::int64_t first, std::span<double> t,
                               Scratch& scratch) const {
  scratch.sum.assign(t.size(), 0.0);
  for (std::size_t p = 0; p < pairs_.size(); ++p) {
    const double sign = label[pairs_[p].one] == 1 ? 1.0 : -1.0;
    const auto* d = value_.data() + static_cast<std::int64_t>(p) * n_features_ + first;
    for (std::size_t f = 0; f < t.size(); ++f) scratch.sum[f] += sign * d[f];
  }
  for (std::size_t f = 0; f < t.size(); ++f) t[f] = ratio(scratch.sum[f], square_[first + f]);
}

void PairedStatistics::compute_extreme(const std::vector<std::int32_t>& label, std::int64_t first, std::span<double> t,
                                       Scratch& scratch) const {
  compute(label, first, t, scratch);
  for (auto& value : t) value = extreme(value);
}

double PairedStatistics::ratio(double sum, double square) const {
  if (square == 0.0) return 0.0;
  if (which_ == Paired::signed_rank) return sum / std::sqrt(square);
  const auto n = static_cast<double>(pairs_.size());
  const double about_mean = square - sum * sum / n;
  if (about_mean <= 1e-14 * square)  // all differences are equal but for rounding
    return std::copysign(std::numeric_limits<double>::infinity(), sum);
  return sum / n / std::sqrt(about_mean / (n - 1.0) / n);
}

}  // namespace miura::permutation
