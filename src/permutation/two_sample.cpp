#include "miura/permutation/two_sample.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/permutation/labelings.hpp"
#include "miura/stats/ranks.hpp"
#include "permutation/dealing.hpp"
#include "permutation/label_maxima.hpp"

namespace miura::permutation {

namespace {

void check_groups(std::span<const std::int32_t> group) {
  if (std::ranges::count(group, 0) < 2 || std::ranges::count(group, 1) < 2)
    throw UsageError("a two-sample statistic needs at least two lots of each group");
}

/// The statistic of many features under one labeling at a time.
class Statistics {
public:
  /// `feature`: n_features x n_lots.
  Statistics(std::span<const double> feature, std::int32_t n_lots, TwoSample which, Side side)
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

  std::int64_t n_features() const noexcept { return n_features_; }
  /// Room for the sums of one thread.
  struct Scratch {
    std::vector<double> sum[2], square[2];
  };

  /// Statistics of features [first, first + t.size()), group 1 less group 0, as they are.
  void compute(const std::vector<std::int32_t>& label, std::int64_t first, std::span<double> t,
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
  /// The same, such that large is extreme.
  void compute_extreme(const std::vector<std::int32_t>& label, std::int64_t first, std::span<double> t,
                       Scratch& scratch) const {
    compute(label, first, t, scratch);
    for (auto& value : t) value = extreme(value);
  }
  double extreme(double t) const noexcept {
    return side_ == Side::two_sided ? std::abs(t) : side_ == Side::greater ? t : -t;
  }
  bool is_constant(std::int64_t f) const noexcept { return constant_[f]; }

private:
  double ratio(double difference, double square_0, double square_1, const double* size, double total) const {
    const double within = square_0 + square_1;
    if (within <= 1e-24 * total)  // nothing but rounding: the groups are apart, or all is equal
      return difference == 0.0 ? 0.0 : std::copysign(std::numeric_limits<double>::infinity(), difference);
    const double variance = which_ == TwoSample::t
                                ? within / (size[0] + size[1] - 2.0) * (1.0 / size[0] + 1.0 / size[1])
                                : square_0 / (size[0] - 1.0) / size[0] + square_1 / (size[1] - 1.0) / size[1];
    return difference / std::sqrt(variance);
  }

  TwoSample which_;
  Side side_;
  std::int32_t n_lots_;
  std::int64_t n_features_;
  std::vector<double> value_;  ///< n_lots x n_features: the inner loops run over features
  std::vector<double> total_;  ///< of each feature, sum of squares about the mean
  std::vector<bool> constant_;
};

/// For every labeling, how many labelings are as extreme in one feature.
void count_as_extreme(const std::vector<double>& t, std::span<std::int64_t> count) {
  std::vector<std::int64_t> by_size(t.size());
  std::iota(by_size.begin(), by_size.end(), 0);
  std::ranges::sort(by_size, std::greater{}, [&](std::int64_t b) { return t[b]; });
  std::size_t end = 0;
  for (const auto b : by_size) {
    while (end < by_size.size() && t[by_size[end]] >= least_as_extreme(t[b])) ++end;
    count[b] = static_cast<std::int64_t>(end);
  }
}

}  // namespace

TwoSampleResult two_sample_max_t(MPI_Comm comm, std::span<const double> feature, std::span<const std::int32_t> group,
                                 TwoSample statistic, const Options& options) {
  check_groups(group);
  const Labelings labelings(group, {}, options);
  const Statistics statistics(feature, labelings.n_lots(), statistic, options.side);
  return max_t_of(comm, statistics, labelings, options);
}

TwoSampleMinP two_sample_min_p(MPI_Comm comm, std::span<const double> feature, std::span<const std::int32_t> group,
                               TwoSample statistic, const Options& options) {
  check_groups(group);
  const Labelings labelings(group, {}, options);
  const Statistics statistics(feature, labelings.n_lots(), statistic, options.side);
  TwoSampleMinP result{max_t_of(comm, statistics, labelings, options),
                       std::vector<std::int64_t>(statistics.n_features())};
  auto order = order_of(statistics, result.t);
  std::ranges::stable_sort(order, std::greater{}, [&](std::int64_t f) { return result.raw[f]; });

  std::vector<std::vector<std::int32_t>> label;
  for (std::int64_t b = 0; b < labelings.size(); ++b) label.push_back(labelings(b));
  constexpr std::int64_t most_counts = std::int64_t{1} << 22;  // 32 MB
  const auto n_chunk = std::max<std::int64_t>(most_counts / labelings.size(), 1);
  std::vector<std::int64_t> smallest(labelings.size(), labelings.size());
  std::vector<std::int64_t> step(order.size());
  std::int64_t lower = 0;
  std::vector<std::int64_t> lower_of(order.size());
  struct State {
    Statistics::Scratch scratch;
    std::vector<double> t;
  };
  for (std::int64_t first = 0; first < std::ssize(order); first += n_chunk) {
    const auto n = std::min(n_chunk, std::ssize(order) - first);
    std::vector<std::int64_t> count(n * labelings.size());
    deal(
        comm, {.stage = "features", .n_items = n, .core_seconds = 0.0, .safe_point = options.safe_point},
        [&] {
          return State{{}, std::vector<double>(labelings.size())};
        },
        [&](std::int64_t i, State& state) {
          for (std::int64_t b = 0; b < labelings.size(); ++b)
            statistics.compute_extreme(label[b], order[first + i], std::span(state.t).subspan(b, 1), state.scratch);
          count_as_extreme(state.t, std::span(count).subspan(i * labelings.size(), labelings.size()));
        });
    parallel::sum_over_ranks(comm, count);  // a feature is zero on every rank but one
    for (std::int64_t i = 0; i < n; ++i) {
      std::int64_t below = 0, equal = 0;
      const auto raw = result.raw[order[first + i]];
      for (std::int64_t b = 0; b < labelings.size(); ++b) {
        smallest[b] = std::min(smallest[b], count[i * labelings.size() + b]);
        below += smallest[b] < raw ? 1 : 0;
        equal += smallest[b] == raw ? 1 : 0;
      }
      step[first + i] = below + equal;
      lower_of[first + i] = below + (equal > 0 ? 1 : 0);
    }
    if (options.safe_point != nullptr) options.safe_point(comm);
  }
  std::vector<std::int64_t> upto(order.size() + 1);
  for (const auto p : smallest) {
    const auto above =
        std::ranges::lower_bound(order, p, std::greater{}, [&](std::int64_t f) { return result.raw[f] + 1; });
    ++upto[above - order.begin()];
  }
  adjust(order, step, upto, result);
  for (auto q = std::ssize(order) - 1; q >= 0; --q)
    result.step_down_lower[order[q]] = lower = std::max(lower, lower_of[q]);
  return result;
}

}  // namespace miura::permutation
