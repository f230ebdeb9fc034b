#include "miura/permutation/two_sample.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/permutation/labelings.hpp"
#include "miura/permutation/two_sample_statistics.hpp"
#include "permutation/dealing.hpp"
#include "permutation/label_maxima.hpp"

namespace miura::permutation {

namespace {

void check_groups(std::span<const std::int32_t> group) {
  if (std::ranges::count(group, 0) < 2 || std::ranges::count(group, 1) < 2)
    throw UsageError("a two-sample statistic needs at least two lots of each group");
}

/// For every labeling, how many labelings are as extreme in one feature.
void count_as_extreme(const std::vector<double>& t, std::span<std::int64_t> count) {
  std::vector<std::int64_t> by_size(t.size());
  std::iota(by_size.begin(), by_size.end(), 0);
  std::ranges::sort(by_size, std::greater{}, [&](std::int64_t b) { return t[b]; });
  std::size_t end = 0;
  for (const auto b : by_size) {
    while (end < by_size.size() && t[by_size[end]] >= least_equal_statistic(t[b])) ++end;
    count[b] = static_cast<std::int64_t>(end);
  }
}

}  // namespace

TwoSampleResult two_sample_max_t(MPI_Comm comm, std::span<const double> feature, std::span<const std::int32_t> group,
                                 TwoSample statistic, const Options& options) {
  check_groups(group);
  const Labelings labelings(group, {}, options);
  const TwoSampleStatistics statistics(feature, labelings.n_lots(), statistic, options.side);
  return max_t_of(comm, statistics, labelings, options);
}

TwoSampleMinP two_sample_min_p(MPI_Comm comm, std::span<const double> feature, std::span<const std::int32_t> group,
                               TwoSample statistic, const Options& options) {
  check_groups(group);
  const Labelings labelings(group, {}, options);
  const TwoSampleStatistics statistics(feature, labelings.n_lots(), statistic, options.side);
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
    TwoSampleStatistics::Scratch scratch;
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
