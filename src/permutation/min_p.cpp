#include "miura/permutation/min_p.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "permutation/dealing.hpp"
#include "permutation/drawn_relabelings.hpp"
#include "permutation/family.hpp"
#include "permutation/lot_split.hpp"
#include "permutation/tie_pattern.hpp"

namespace miura::permutation {

namespace {

/// S of every test under some relabelings: tests x relabelings.
struct Statistics {
  std::int64_t n_relabelings = 0;
  std::vector<std::int32_t> s;
  std::vector<std::int32_t> first, last, outcome;  ///< scratch

  std::span<const std::int32_t> of(std::int64_t test) const {
    return std::span(s).subspan(test * n_relabelings, n_relabelings);
  }
};

/// Sums of x y over the lots of one half for every arrangement: tests x arrangements.
void sum_half(const RankTests& tests, std::span<const std::int32_t> lot, const std::vector<std::int32_t>& member,
              const std::vector<std::int32_t>& place, std::int64_t n_orders, std::vector<std::int32_t>& sums) {
  sums.assign(tests.size() * n_orders, 0);
  for (std::int64_t test = 0; test < tests.size(); ++test)
    for (std::int64_t l = 0; l < std::ssize(lot); ++l) {
      const auto x = tests.x(test)[lot[l]];
      for (std::int64_t i = 0; i < n_orders; ++i)
        sums[test * n_orders + i] += x * tests.y(test)[member[place[l * n_orders + i]]];
    }
}

/// Calls work(statistics, state) until all relabelings have been through, the identity among them.
template <class State, class Work>
std::vector<State> over_all(MPI_Comm comm, const Family& family, double core_seconds, const State& empty, Work work) {
  const auto& tests = family.tests;
  const LotSplit split(family.relabelings.strata());
  struct Scratch {
    State state;
    Statistics statistics;
  };
  auto scratches = deal(
      comm,
      {.stage = "relabelings",
       .n_items = split.n_subsets(),
       .core_seconds = core_seconds,
       .safe_point = family.options.safe_point},
      [&] {
        return Scratch{empty, {}};
      },
      [&](std::int64_t subset, Scratch& scratch) {
        auto& [state, statistics] = scratch;
        const auto [first, last] = split.members(subset);
        const std::span lot(split.lot);
        sum_half(tests, lot.first(split.n_first), first, split.first_place, split.n_first_orders, statistics.first);
        sum_half(tests, lot.subspan(split.n_first), last, split.last_place, split.n_last_orders, statistics.last);
        const auto n = statistics.n_relabelings = split.n_last_orders;
        statistics.s.resize(tests.size() * n);
        for (std::int64_t i = 0; i < split.n_first_orders; ++i) {
          for (std::int64_t test = 0; test < tests.size(); ++test) {
            const auto a = statistics.first[test * split.n_first_orders + i];
            for (std::int64_t j = 0; j < n; ++j) statistics.s[test * n + j] = a + statistics.last[test * n + j];
          }
          work(statistics, state);
        }
      });
  std::vector<State> states;
  for (auto& scratch : scratches) states.push_back(std::move(scratch.state));
  return states;
}

template <class State, class Work>
std::vector<State> over_drawn(MPI_Comm comm, const Family& family, double core_seconds, const State& empty, Work work) {
  const auto& tests = family.tests;
  const auto n_outcomes = std::ssize(tests.outcome) / tests.n_lots;
  struct Scratch {
    State state;
    Statistics statistics;
  };
  auto scratches = deal(
      comm,
      {.stage = "relabelings",
       .n_items = (family.relabelings.size() + draws_per_block - 1) / draws_per_block,
       .core_seconds = core_seconds,
       .safe_point = family.options.safe_point},
      [&] {
        return Scratch{empty, {}};
      },
      [&](std::int64_t block, Scratch& scratch) {
        auto& [state, statistics] = scratch;
        const auto first = block * draws_per_block;
        const auto n = statistics.n_relabelings = std::min(draws_per_block, family.relabelings.size() - first);
        auto& y = statistics.outcome;
        y.resize(n_outcomes * tests.n_lots * n);
        std::vector<std::int32_t> lot(tests.n_lots);
        for (std::int64_t b = 0; b < n; ++b) {
          family.relabelings.relabel(first + b, lot);
          for (std::int64_t m = 0; m < n_outcomes; ++m)
            for (std::int32_t l = 0; l < tests.n_lots; ++l)
              y[(m * tests.n_lots + l) * n + b] = tests.outcome[m * tests.n_lots + lot[l]];
        }
        statistics.s.assign(tests.size() * n, 0);
        for (std::int64_t test = 0; test < tests.size(); ++test)
          for (std::int32_t l = 0; l < tests.n_lots; ++l) {
            const auto x = tests.x(test)[l];
            const auto* values = y.data() + (std::int64_t{tests.pair[test].outcome} * tests.n_lots + l) * n;
            for (std::int64_t b = 0; b < n; ++b) statistics.s[test * n + b] += x * values[b];
          }
        work(statistics, state);
      });
  std::vector<State> states;
  for (auto& scratch : scratches) states.push_back(std::move(scratch.state));
  return states;
}

/// For each test and each value of its statistic, how many relabelings are as extreme.
class Tails {
public:
  Tails(MPI_Comm comm, const Family& family, double core_seconds) : side_(family.options.side) {
    constexpr std::int64_t most = std::int64_t{1} << 27;  // entries: 1 GiB
    std::map<TiePattern, std::int64_t> start_of;
    std::int64_t size = 0;
    std::vector<TiePattern> pattern(family.tests.size());
    for (std::int64_t test = 0; test < family.tests.size(); ++test) {
      const auto reach = static_cast<std::int64_t>(family.norm[test]);
      const auto own = size + reach;  // where S = 0
      if (family.relabelings.exact())
        pattern[test] = tie_pattern(family.tests.x(test), family.tests.y(test), family.relabelings.strata());
      const bool is_new = !family.relabelings.exact() || start_of.try_emplace(pattern[test], own).second;
      zero_.push_back(is_new ? own : start_of.at(pattern[test]));
      reach_.push_back(reach);
      if (is_new) size += 2 * reach + 1;
      if (size > most)
        throw UsageError("minP needs more than 1 GiB for the p-values of this many tests and lots; take maxT");
    }
    count_.resize(size);
    if (family.relabelings.exact())
      fill_exactly(start_of);
    else
      count_drawn(comm, family, core_seconds);
  }

  std::int64_t operator()(std::int64_t test, std::int64_t s) const {
    return count_[zero_[test] + (side_ == Side::two_sided ? std::abs(s) : side_ == Side::less ? -s : s)];
  }

private:
  /// Replaces how often each value comes by how often one as large does; entries of one table, S = -reach .. reach.
  void accumulate(std::int64_t zero, std::int64_t reach) {
    const auto begin = count_.begin() + (zero - reach);
    if (side_ == Side::two_sided)
      for (std::int64_t s = 1; s <= reach; ++s) begin[reach + s] += begin[reach - s];
    for (auto s = 2 * reach - 1; s >= 0; --s) begin[s] += begin[s + 1];
  }

  void fill_exactly(const std::map<TiePattern, std::int64_t>& start_of) {
    for (const auto& [pattern, zero] : start_of) {
      const auto null = null_distribution(pattern);
      for (std::int64_t i = 0; i < std::ssize(null.count); ++i) {
        const auto s = null.lowest + i;
        if (null.count[i] != 0) count_[zero + (side_ == Side::less ? -s : s)] = null.count[i];
      }
    }
    std::vector<std::int64_t> done;
    for (std::size_t test = 0; test < zero_.size(); ++test) {
      if (std::ranges::binary_search(done, zero_[test])) continue;
      done.insert(std::ranges::upper_bound(done, zero_[test]), zero_[test]);
      accumulate(zero_[test], reach_[test]);
    }
  }

  void count_drawn(MPI_Comm comm, const Family& family, double core_seconds) {
    struct Nothing {};
    over_drawn(comm, family, core_seconds, Nothing{}, [&](const Statistics& statistics, Nothing&) {
      for (std::int64_t test = 0; test < family.tests.size(); ++test)
        for (const auto s : statistics.of(test))
          std::atomic_ref(count_[zero_[test] + (side_ == Side::less ? -s : s)]).fetch_add(1, std::memory_order_relaxed);
    });
    parallel::sum_over_ranks(comm, count_);
    for (std::size_t test = 0; test < zero_.size(); ++test) accumulate(zero_[test], reach_[test]);
  }

  Side side_;
  std::vector<std::int64_t> zero_, reach_;  ///< of each test: where the entry of S = 0 is, and the largest |S|
  std::vector<std::int64_t> count_;
};

struct MinCounts {
  std::vector<std::int64_t> step;  ///< smallest p over the tests up to this one <= its own; in order
  std::vector<std::int64_t>
      upto;  ///< [k] relabelings whose smallest p is <= those of the first k tests, and of no other
};

/// One group of relabelings through all tests, the largest p first.
void count_minima(const Statistics& statistics, const std::vector<std::int64_t>& order,
                  const std::vector<std::int64_t>& raw, const Tails& tails, MinCounts& counts) {
  std::vector<std::int64_t> smallest(statistics.n_relabelings, std::numeric_limits<std::int64_t>::max());
  for (std::size_t q = 0; q < order.size(); ++q) {
    const auto s = statistics.of(order[q]);
    std::int64_t reaching = 0;
    for (std::size_t b = 0; b < smallest.size(); ++b) {
      smallest[b] = std::min(smallest[b], tails(order[q], s[b]));
      reaching += smallest[b] <= raw[order[q]] ? 1 : 0;
    }
    counts.step[q] += reaching;
  }
  for (const auto p : smallest) {
    const auto above = std::ranges::lower_bound(order, p, std::greater{}, [&](std::int64_t i) { return raw[i] + 1; });
    ++counts.upto[above - order.begin()];
  }
}

}  // namespace

MinPResult min_p(MPI_Comm comm, const RankTests& tests, const Options& options) {
  const Family family(tests, options);
  const auto n = tests.size();
  MinPResult result{.n_relabelings = family.relabelings.size(),
                    .exact = family.relabelings.exact(),
                    .raw = std::vector<std::int64_t>(n),
                    .single_step = std::vector<std::int64_t>(n),
                    .step_down = std::vector<std::int64_t>(n)};
  if (n == 0) return result;
  constexpr double most_steps = 2e11;
  const auto steps =
      static_cast<double>(n) * static_cast<double>(result.n_relabelings) * (result.exact ? 1 : tests.n_lots);
  if (steps > most_steps)
    throw UsageError("minP over this many tests and relabelings takes too long; take maxT, or draw fewer relabelings");
  const auto core_seconds = 2e-9 * steps;

  const Tails tails(comm, family, core_seconds);
  for (std::int64_t i = 0; i < n; ++i) result.raw[i] = tails(i, family.s[i]);
  auto order = family.order;
  std::ranges::stable_sort(order, std::greater{}, [&](std::int64_t i) { return result.raw[i]; });

  const MinCounts none{std::vector<std::int64_t>(n), std::vector<std::int64_t>(n + 1)};
  const auto count = [&](const Statistics& statistics, MinCounts& counts) {
    count_minima(statistics, order, result.raw, tails, counts);
  };
  const auto states = result.exact ? over_all(comm, family, core_seconds, none, count)
                                   : over_drawn(comm, family, core_seconds, none, count);
  auto counts = none;
  for (const auto& state : states) {
    std::ranges::transform(counts.step, state.step, counts.step.begin(), std::plus{});
    std::ranges::transform(counts.upto, state.upto, counts.upto.begin(), std::plus{});
  }
  parallel::sum_over_ranks(comm, counts.step);
  parallel::sum_over_ranks(comm, counts.upto);
  std::int64_t largest = 0, smaller = 0;
  for (auto q = n - 1; q >= 0; --q) {  // smallest p first: a later adjusted p is never below an earlier one
    largest = std::max(largest, counts.step[q]);
    smaller += counts.upto[q + 1];
    result.step_down[order[q]] = largest;
    result.single_step[order[q]] = smaller;
  }
  return result;
}

}  // namespace miura::permutation
