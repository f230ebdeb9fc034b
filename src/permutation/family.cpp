#include "permutation/family.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "miura/parallel/communicator.hpp"
#include "miura/permutation/forecast.hpp"
#include "miura/stats/ranks.hpp"
#include "permutation/dealing.hpp"
#include "permutation/drawn_relabelings.hpp"

namespace miura::permutation {

void Counts::add(const Counts& other) {
  const auto plus = [](std::vector<std::int64_t>& to, const std::vector<std::int64_t>& from) {
    std::ranges::transform(to, from, to.begin(), std::plus{});
  };
  plus(step, other.step);
  plus(single, other.single);
  plus(step_block, other.step_block);
  plus(all_below, other.all_below);
  plus(two_sided, other.two_sided);
  plus(greater, other.greater);
  plus(less, other.less);
}

void Counts::settle() {
  std::int64_t all = 0;
  for (auto q = std::ssize(single) - 1; q >= 0; --q) single[q] += all += all_below[q + 1];
  std::ranges::fill(all_below, 0);
  for (std::int64_t q = 0; q < std::ssize(step); ++q) step[q] += step_block[q / tests_per_block];
  std::ranges::fill(step_block, 0);
}

void sum_over_ranks(MPI_Comm comm, Counts& counts) {
  for (auto* part : {&counts.step, &counts.single, &counts.step_block, &counts.all_below, &counts.two_sided,
                     &counts.greater, &counts.less})
    parallel::sum_over_ranks(comm, *part);
}

Family::Family(const RankTests& all_tests, const Options& all_options)
    : tests(all_tests),
      options(all_options),
      relabelings(all_tests.n_lots, all_tests.stratum, all_options),
      one_norm(true) {
  check(tests, options);
  for (std::int64_t i = 0; i < tests.size(); ++i) {
    s.push_back(stats::spearman_s(tests.x(i), tests.y(i)));
    const auto norm_x = static_cast<double>(stats::spearman_s(tests.x(i), tests.x(i)));
    norm.push_back(std::sqrt(norm_x * static_cast<double>(stats::spearman_s(tests.y(i), tests.y(i)))));
    const auto rho = static_cast<double>(s[i]) / norm[i];
    t.push_back(options.side == Side::two_sided ? std::abs(rho) : options.side == Side::greater ? rho : -rho);
    one_norm = one_norm && norm[i] == norm[0];
  }
  order.resize(tests.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::int64_t i) { return t[i]; });
}

template <class Lane>
OrderedTests<Lane> in_order(const Family& family) {
  const auto& tests = family.tests;
  const int sign = family.options.side == Side::less ? -1 : 1;
  OrderedTests<Lane> ordered;
  ordered.n_lots = tests.n_lots;
  ordered.n_outcomes = static_cast<std::int32_t>(std::ssize(tests.outcome) / std::max(tests.n_lots, 1));
  ordered.two_sided = family.options.side == Side::two_sided;
  for (const auto rank : tests.outcome) ordered.y.push_back(static_cast<Lane>(rank));
  for (const auto i : family.order) {
    for (const auto rank : tests.x(i)) ordered.x.push_back(static_cast<Lane>(sign * rank));
    ordered.outcome.push_back(tests.pair[i].outcome);
  }
  return ordered;
}

template OrderedTests<std::int16_t> in_order(const Family&);
template OrderedTests<std::int32_t> in_order(const Family&);
template OrderedTests<std::int64_t> in_order(const Family&);
template OrderedTests<double> in_order(const Family&);

namespace {

/// Rows of x with a lot of rank 0 at the end where lots go two at a time and are odd.
template <class Lane>
std::vector<Lane> in_rows_of(std::int32_t row, std::int32_t n_lots, const std::vector<Lane>& x) {
  if (row == n_lots) return x;
  std::vector<Lane> padded(std::ssize(x) / n_lots * row);
  for (std::int64_t i = 0; i < std::ssize(x); ++i) padded[i / n_lots * row + i % n_lots] = x[i];
  return padded;
}

template <class Lane>
DrawnTests<Lane> to_draw_for(const Family& family, Counted counted) {
  using Sum = typename DrawnTests<Lane>::Sum;
  DrawnTests<Lane> drawn;
  drawn.tests = in_order<Lane>(family);
  drawn.counted = counted;
  auto& tests = drawn.tests;
  drawn.row = tests.n_lots + (std::is_same_v<Lane, std::int16_t> ? tests.n_lots % 2 : 0);
  tests.x = in_rows_of(drawn.row, tests.n_lots, tests.x);
  for (const auto i : family.order) {
    const auto s = family.options.side == Side::less ? -family.s[i] : family.s[i];
    drawn.observed.push_back(static_cast<Sum>(s));
    drawn.weight.push_back(family.one_norm ? 1.0 : 1.0 / family.norm[i]);
    drawn.threshold.push_back(!family.one_norm  ? least_as_extreme(family.t[i])
                              : tests.two_sided ? static_cast<double>(std::abs(s))
                                                : static_cast<double>(s));
  }
  return drawn;
}

template <class Lane>
Counts count_drawn_as(MPI_Comm comm, const Family& family, Counted counted) {
  const auto tests = to_draw_for<Lane>(family, counted);
  const auto n = tests.tests.size();
  const auto n_drawn = family.options.permutations;
  auto states = deal(
      comm,
      {.stage = "relabelings",
       .n_items = (n_drawn + draws_per_block - 1) / draws_per_block,
       .core_seconds = forecast_core_seconds(family.tests, family.options),
       .safe_point = family.options.safe_point},
      [&] { return Counts(n); },
      [&](std::int64_t block, Counts& counts) {
        const auto done = block * draws_per_block;
        const auto drawn = drawn_outcomes(tests, family.relabelings, done + 1);
        count_drawn(tests, drawn, std::min(draws_per_block, n_drawn - done), counts);
      });
  Counts counts(n);
  if (parallel::rank_of(comm) == 0)  // the identity reaches every threshold
    for (auto* part : {&counts.step, &counts.single, &counts.two_sided, &counts.greater, &counts.less})
      std::ranges::fill(*part, 1);
  for (const auto& state : states) counts.add(state);
  sum_over_ranks(comm, counts);
  counts.settle();
  return counts;
}

}  // namespace

Counts count_drawn_relabelings(MPI_Comm comm, const Family& family, Counted counted) {
  return family.tests.n_lots <= most_lots_in_pairs ? count_drawn_as<std::int16_t>(comm, family, counted)
                                                   : count_drawn_as<double>(comm, family, counted);
}

}  // namespace miura::permutation
