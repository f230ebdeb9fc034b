#include "miura/permutation/null_distribution.hpp"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "miura/stats/ranks.hpp"

namespace miura::permutation {

namespace {

/// Lots that share a value; a state of the programme is a mixed-radix number whose digits say how many are served.
struct TiedGroup {
  std::int32_t value;
  std::int64_t size = 0;
  std::int64_t radix = 1;  ///< what one more served lot adds to the state
};

std::vector<TiedGroup> tied_groups(std::span<const std::int32_t> ranks) {
  std::vector<std::int32_t> sorted(ranks.begin(), ranks.end());
  std::ranges::sort(sorted);
  std::vector<TiedGroup> groups;
  for (const auto value : sorted) {
    if (groups.empty() || groups.back().value != value) groups.push_back({value});
    ++groups.back().size;
  }
  for (std::size_t g = 1; g < groups.size(); ++g) groups[g].radix = groups[g - 1].radix * (groups[g - 1].size + 1);
  return groups;
}

std::int64_t n_states(const std::vector<TiedGroup>& groups) { return groups.back().radix * (groups.back().size + 1); }

}  // namespace

std::int64_t NullDistribution::at_least(std::int64_t s) const {
  const auto from = std::clamp<std::int64_t>(s - lowest, 0, std::ssize(count));
  return std::accumulate(count.begin() + from, count.end(), std::int64_t{0});
}

std::int64_t NullDistribution::at_most(std::int64_t s) const {
  const auto end = std::clamp<std::int64_t>(s - lowest + 1, 0, std::ssize(count));
  return std::accumulate(count.begin(), count.begin() + end, std::int64_t{0});
}

std::int64_t NullDistribution::as_extreme(std::int64_t s) const {
  const auto size = std::abs(s);
  return size == 0 ? at_least(lowest) : at_least(size) + at_most(-size);
}

std::int64_t NullDistribution::most_extreme() const {
  std::int64_t largest = 0;
  for (std::int64_t i = 0; i < std::ssize(count); ++i)
    if (count[i] > 0) largest = std::max(largest, std::abs(lowest + i));
  return as_extreme(largest);
}

NullDistribution null_distribution(std::span<const std::int32_t> x, std::span<const std::int32_t> y) {
  assert(x.size() == y.size() && !x.empty() && x.size() <= 20);
  const auto norms = stats::spearman_s(x, x) + stats::spearman_s(y, y);
  auto groups = tied_groups(x);
  if (auto other = tied_groups(y); n_states(other) < n_states(groups)) {
    groups = std::move(other);  // S is symmetric in x and y: fewer states where there are more ties
    y = x;
  }
  // No partial sum leaves [-reach, reach]: 2 |x y| <= x^2 + y^2.
  const auto reach = (norms + 1) / 2;
  const auto width = 2 * reach + 1;

  std::vector<std::vector<std::int64_t>> ways(n_states(groups));
  ways[0].assign(width, 0);
  ways[0][reach] = 1;
  for (std::int64_t state = 0; state + 1 < std::ssize(ways); ++state) {
    const auto from = std::exchange(ways[state], {});  // every state is reached from smaller ones only
    const auto counted = [](std::int64_t n) { return n != 0; };  // sums of few lots are small
    const auto lowest = std::ranges::find_if(from, counted) - from.begin();
    const auto highest = std::find_if(from.rbegin(), from.rend(), counted).base() - from.begin();
    std::int64_t served = 0;
    for (const auto& g : groups) served += state / g.radix % (g.size + 1);
    for (const auto& g : groups) {
      const auto left = g.size - state / g.radix % (g.size + 1);
      if (left == 0) continue;
      auto& to = ways[state + g.radix];
      if (to.empty()) to.assign(width, 0);
      const auto shift = std::int64_t{g.value} * y[served];
      const auto first = std::max<std::int64_t>(lowest, -shift), end = std::min(highest, width - shift);
      for (auto s = first; s < end; ++s) to[s + shift] += left * from[s];
    }
  }
  return {-reach, std::move(ways.back())};
}

NullDistribution sum_of_independent(const NullDistribution& a, const NullDistribution& b) {
  NullDistribution sum{a.lowest + b.lowest, std::vector<std::int64_t>(a.count.size() + b.count.size() - 1)};
  for (std::size_t i = 0; i < a.count.size(); ++i)
    if (a.count[i] != 0)
      for (std::size_t j = 0; j < b.count.size(); ++j) sum.count[i + j] += a.count[i] * b.count[j];
  return sum;
}

}  // namespace miura::permutation
