#include "miura/permutation/max_t.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "miura/parallel/communicator.hpp"
#include "permutation/family.hpp"
#include "permutation/split_enumeration.hpp"

namespace miura::permutation {

namespace {

/// Finds whether the outcomes can be laid out so that reading them backwards changes every sign. Then a relabeling and
/// its mirror image have equal |S| in all tests, and half of the relabelings tell all. Sorts the positions of the
/// outcomes by value for that; the order of positions is of no consequence, as all relabelings are taken.
template <class Lane>
bool lay_out_as_mirror(OrderedTests<Lane>& tests) {
  const auto n = tests.n_lots;
  const auto value = [&](std::int32_t m, std::int32_t l) { return tests.y[m * n + l]; };
  std::vector<std::int32_t> position(n);
  std::iota(position.begin(), position.end(), 0);
  std::ranges::sort(position, [&](std::int32_t a, std::int32_t b) {
    for (std::int32_t m = 0; m < tests.n_outcomes; ++m)
      if (value(m, a) != value(m, b)) return value(m, a) < value(m, b);
    return false;
  });
  std::vector<Lane> sorted;
  for (std::int32_t m = 0; m < tests.n_outcomes; ++m)
    for (const auto l : position) sorted.push_back(value(m, l));
  tests.y = std::move(sorted);
  for (std::int32_t m = 0; m < tests.n_outcomes; ++m)
    for (std::int32_t l = 0; l < n; ++l)
      if (value(m, l) + value(m, n - 1 - l) != 0) return false;
  return true;
}

std::uint32_t mirror_image(std::uint32_t subset, std::int32_t n_lots) {
  std::uint32_t image = 0;
  for (std::int32_t l = 0; l < n_lots; ++l) image |= (subset >> l & 1U) << (n_lots - 1 - l);
  return image;
}

template <class Lane>
Counts enumerate(MPI_Comm comm, OrderedTests<Lane> tests) {
  struct Share {
    std::uint32_t subset;
    std::int64_t weight;
  };
  const bool mirrored = lay_out_as_mirror(tests);
  const LotSplit split(tests.n_lots);
  std::vector<Share> shares;
  for (const auto subset : split.subset) {
    const auto image = mirrored ? mirror_image(subset, tests.n_lots) : subset;
    if (subset <= image) shares.push_back({subset, subset < image ? 2 : 1});
  }
  Counts counts(tests.size());
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
#pragma omp parallel
  {
    Counts mine(tests.size());
    SplitTables<Lane> tables;
#pragma omp for schedule(dynamic)
    for (std::int64_t i = rank; i < std::ssize(shares); i += ranks)
      count_subset(tests, split, shares[i].subset, shares[i].weight, tables, mine);
#pragma omp critical
    counts.add(mine);
  }
  sum_over_ranks(comm, counts);
  counts.settle();
  return counts;
}

/// Float thresholds that divide all |S| of all norms exactly as doubles would, if there are such. Two values of |rho|
/// that differ do so by a share of 4e-12 at least (n <= 12), which float cannot always tell apart; but what is compared
/// are few values, and they are all known beforehand.
std::optional<OrderedTests<float>> in_order_if_float_tells(const Family& family) {
  struct Value {
    double t;
    float lane;  // as the kernel will compute it
  };
  auto ordered = in_order<float>(family);
  std::map<double, float> weight_of_norm;
  for (std::int64_t q = 0; q < ordered.size(); ++q) weight_of_norm[family.norm[family.order[q]]] = ordered.weight[q];
  std::vector<Value> values;
  for (const auto& [norm, weight] : weight_of_norm)
    for (std::int32_t s = 0; s <= norm; ++s) values.push_back({s / norm, static_cast<float>(s) * weight});
  std::ranges::sort(values, {}, &Value::t);

  std::vector<float> largest_below(values.size() + 1, -1.0F), smallest_from(values.size() + 1);
  smallest_from.back() = std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < values.size(); ++i) largest_below[i + 1] = std::max(largest_below[i], values[i].lane);
  for (auto i = values.size(); i-- > 0;) smallest_from[i] = std::min(smallest_from[i + 1], values[i].lane);
  for (std::int64_t q = 0; q < ordered.size(); ++q) {
    const auto first = std::ranges::lower_bound(values, family.t[family.order[q]] * as_extreme, {}, &Value::t);
    const auto i = first - values.begin();
    if (largest_below[i] >= smallest_from[i]) return std::nullopt;
    ordered.threshold[q] = smallest_from[i];
  }
  return ordered;
}

Counts enumerate_all(MPI_Comm comm, const Family& family) {
  if (family.one_norm) return enumerate(comm, in_order<std::int16_t>(family));
  if (auto ordered = in_order_if_float_tells(family)) return enumerate(comm, *std::move(ordered));
  return enumerate(comm, in_order<double>(family));
}

}  // namespace

MaxTResult max_t(MPI_Comm comm, const RankTests& tests, const Options& options) {
  const Family family(tests, options);
  const auto n = tests.size();
  MaxTResult result;
  result.exact = family.exact;
  result.n_relabelings = family.exact ? factorial(tests.n_lots) : options.permutations + 1;
  result.t = family.t;
  result.single_step.resize(n);
  result.step_down.resize(n);
  if (n == 0) return result;
  const auto counts = family.exact ? enumerate_all(comm, family) : count_drawn_relabelings(comm, family);
  std::int64_t largest = 0;
  for (auto q = n - 1; q >= 0; --q) {  // most extreme first: a later p is never below an earlier one
    largest = std::max(largest, counts.step[q]);
    result.step_down[family.order[q]] = largest;
    result.single_step[family.order[q]] = counts.single[q];
  }
  return result;
}

}  // namespace miura::permutation
