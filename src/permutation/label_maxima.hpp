#pragma once

#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "miura/parallel/communicator.hpp"
#include "miura/permutation/labelings.hpp"
#include "miura/permutation/two_sample_statistics.hpp"
#include "permutation/dealing.hpp"

namespace miura::permutation {

template <class Statistics>
double core_seconds(const Statistics& statistics, const Labelings& labelings) {
  return 2e-9 * static_cast<double>(statistics.n_features()) * static_cast<double>(labelings.size()) *
         labelings.n_lots();
}

/// Features that vary, least extreme first.
template <class Statistics>
std::vector<std::int64_t> order_of(const Statistics& statistics, const std::vector<double>& t) {
  std::vector<std::int64_t> order;
  for (std::int64_t f = 0; f < statistics.n_features(); ++f)
    if (!std::isnan(t[f])) order.push_back(f);
  std::ranges::stable_sort(order, {}, [&](std::int64_t f) { return statistics.extreme(t[f]); });
  return order;
}

/// What is counted over labelings; raw by feature, step and upto in order.
struct MaxCounts {
  std::vector<std::int64_t> raw, step;
  std::vector<std::int64_t> upto;  ///< [k] labelings whose maximum reaches the first k features, and no other
};

inline void count_maxima(std::span<const double> t, const std::vector<std::int64_t>& order,
                         const std::vector<double>& threshold, MaxCounts& counts) {
  double largest = -std::numeric_limits<double>::infinity();
  for (std::size_t q = 0; q < order.size(); ++q) {
    const auto f = order[q];
    largest = std::max(largest, t[f]);
    counts.raw[f] += t[f] >= threshold[q] ? 1 : 0;
    counts.step[q] += largest >= threshold[q] ? 1 : 0;
  }
  ++counts.upto[std::ranges::upper_bound(threshold, largest) - threshold.begin()];
}

/// Counts in order made monotone from the most extreme feature down, and those of the single step.
inline void adjust(const std::vector<std::int64_t>& order, const std::vector<std::int64_t>& step,
                   const std::vector<std::int64_t>& upto, TwoSampleResult& result) {
  std::int64_t largest = 0, reaching = 0;
  for (auto q = std::ssize(order) - 1; q >= 0; --q) {
    largest = std::max(largest, step[q]);
    reaching += upto[q + 1];
    result.step_down[order[q]] = largest;
    result.single_step[order[q]] = reaching;
  }
}

template <class Statistics>
TwoSampleResult observed(const Statistics& statistics, const Labelings& labelings) {
  const auto n = statistics.n_features();
  TwoSampleResult result{.n_labelings = labelings.size(),
                         .exact = labelings.exact(),
                         .t = std::vector<double>(n),
                         .raw = std::vector<std::int64_t>(n),
                         .single_step = std::vector<std::int64_t>(n),
                         .step_down = std::vector<std::int64_t>(n)};
  typename Statistics::Scratch scratch;
  statistics.compute(labelings.observed(), 0, result.t, scratch);
  for (std::int64_t f = 0; f < n; ++f)
    if (statistics.is_constant(f)) result.t[f] = std::numeric_limits<double>::quiet_NaN();
  return result;
}

/// Westfall & Young's maxT of any statistic of two groups. Collective.
template <class Statistics>
TwoSampleResult max_t_of(MPI_Comm comm, const Statistics& statistics, const Labelings& labelings,
                         const Options& options) {
  auto result = observed(statistics, labelings);
  const auto order = order_of(statistics, result.t);
  std::vector<double> threshold;
  for (const auto f : order) threshold.push_back(least_equal_statistic(statistics.extreme(result.t[f])));
  const auto n = statistics.n_features();
  const MaxCounts none{std::vector<std::int64_t>(n), std::vector<std::int64_t>(n), std::vector<std::int64_t>(n + 1)};
  struct State {
    MaxCounts counts;
    typename Statistics::Scratch scratch;
    std::vector<double> t;
  };
  const auto states = deal(
      comm,
      {.stage = "labelings",
       .n_items = labelings.size(),
       .core_seconds = core_seconds(statistics, labelings),
       .safe_point = options.safe_point},
      [&] {
        return State{none, {}, std::vector<double>(n)};
      },
      [&](std::int64_t b, State& state) {
        statistics.compute_extreme(labelings(b), 0, state.t, state.scratch);
        count_maxima(state.t, order, threshold, state.counts);
      });
  auto counts = none;
  for (auto part : {&MaxCounts::raw, &MaxCounts::step, &MaxCounts::upto}) {
    for (const auto& state : states)
      std::ranges::transform(counts.*part, state.counts.*part, (counts.*part).begin(), std::plus{});
    parallel::sum_over_ranks(comm, counts.*part);
  }
  result.raw = counts.raw;
  adjust(order, counts.step, counts.upto, result);
  return result;
}

}  // namespace miura::permutation
