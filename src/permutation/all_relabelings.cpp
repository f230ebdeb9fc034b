#include "permutation/all_relabelings.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "miura/permutation/forecast.hpp"
#include "permutation/dealing.hpp"
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

/// Columns of x in the order in which the split has the lots.
template <class Lane>
void order_lots(OrderedTests<Lane>& tests, const std::vector<std::int32_t>& lot) {
  std::vector<Lane> row(tests.n_lots);
  for (auto x = tests.x.begin(); x != tests.x.end(); x += tests.n_lots) {
    for (std::int32_t l = 0; l < tests.n_lots; ++l) row[l] = x[lot[l]];
    std::ranges::copy(row, x);
  }
}

template <class Lane>
Counts enumerate(MPI_Comm comm, const Family& family, OrderedTests<Lane> tests) {
  struct Share {
    std::int64_t subset;
    std::int64_t weight;
  };
  const auto& strata = family.relabelings.strata();
  const bool mirrored = tests.two_sided && std::ssize(strata) == 1 && lay_out_as_mirror(tests);
  const LotSplit split(strata);
  order_lots(tests, split.lot);
  std::vector<Share> shares;
  for (std::int64_t i = 0; i < split.n_subsets(); ++i) {
    const auto subset = mirrored ? split.choice(i) : 0;
    const auto image = mirrored ? mirror_image(subset, tests.n_lots) : 0;
    if (subset <= image) shares.push_back({i, subset < image ? 2 : 1});
  }
  struct State {
    Counts counts;
    SplitTables<Lane> tables;
  };
  const auto states = deal(
      comm,
      {.stage = "relabelings",
       .n_items = std::ssize(shares),
       .core_seconds = forecast_core_seconds(family.tests, family.options),
       .safe_point = family.options.safe_point},
      [&] {
        return State{Counts(tests.size()), {}};
      },
      [&](std::int64_t i, State& state) {
        count_subset(tests, split, shares[i].subset, shares[i].weight, state.tables, state.counts);
      });
  Counts counts(tests.size());
  for (const auto& state : states) counts.add(state.counts);
  sum_over_ranks(comm, counts);
  counts.settle();
  return counts;
}

/// S itself, where there is one norm.
template <class Lane>
OrderedTests<Lane> with_plain_thresholds(const Family& family) {
  auto ordered = in_order<Lane>(family);
  for (const auto i : family.order) {
    const auto s = family.options.side == Side::less ? -family.s[i] : family.s[i];
    ordered.threshold.push_back(static_cast<Lane>(ordered.two_sided ? std::abs(s) : s));
  }
  return ordered;
}

/// All T that the tests of a family can take, and where integer weights put them: weight ~ scale / norm, so that
/// S x weight compares between tests of different ties.
class WeightedValues {
public:
  explicit WeightedValues(const Family& family) {
    for (const auto norm : family.norm) norms_.push_back(norm);
    std::ranges::sort(norms_);
    norms_.erase(std::ranges::unique(norms_).begin(), norms_.end());
    for (std::size_t g = 0; g < norms_.size(); ++g) {
      const auto largest = static_cast<std::int32_t>(norms_[g]);
      for (auto s = family.options.side == Side::two_sided ? 0 : -largest; s <= largest; ++s)
        values_.push_back({s / norms_[g], s, g});
    }
    std::ranges::sort(values_, {}, &Value::t);
    for (const auto i : family.order) {
      const auto least = least_as_extreme(family.t[i]);
      if (first_.empty() || values_[first_.back()].t < least)
        first_.push_back(std::ranges::lower_bound(values_, least, {}, &Value::t) - values_.begin());
      place_.push_back(std::ssize(first_) - 1);
    }
    below_.resize(values_.size() + 1);
    from_.resize(values_.size() + 1);
  }

  std::int64_t size() const noexcept { return std::ssize(values_); }

  /// Whether all thresholds part the values under this scale; then `threshold` says where.
  bool part(std::int64_t scale) {
    below_[0] = std::numeric_limits<std::int64_t>::lowest();
    from_.back() = std::numeric_limits<std::int64_t>::max();
    for (std::int64_t i = 0; i < size(); ++i) below_[i + 1] = std::max(below_[i], lane(values_[i], scale));
    for (auto i = size() - 1; i >= 0; --i) from_[i] = std::min(from_[i + 1], lane(values_[i], scale));
    return std::ranges::all_of(first_, [&](std::int64_t i) { return below_[i] < from_[i]; });
  }
  /// Of the q-th ordered test, for the scale last tried.
  std::int64_t threshold(std::int64_t q) const { return from_[first_[place_[q]]]; }

  static std::int64_t weight(double norm, std::int64_t scale) {
    return static_cast<std::int64_t>(static_cast<double>(scale) / norm);
  }

private:
  struct Value {
    double t;
    std::int32_t s;
    std::size_t group;
  };
  std::int64_t lane(const Value& value, std::int64_t scale) const {
    return value.s * weight(norms_[value.group], scale);
  }

  std::vector<double> norms_;
  std::vector<Value> values_;        ///< ascending
  std::vector<std::int64_t> first_;  ///< of the values that reach a threshold
  std::vector<std::int64_t> place_;  ///< of each ordered test's threshold in first_
  std::vector<std::int64_t> below_, from_;
};

template <class Lane>
OrderedTests<Lane> with_weights(const Family& family, std::int64_t scale) {
  auto ordered = in_order<Lane>(family);
  for (std::int64_t q = 0; q < ordered.size(); ++q) {
    const auto weight = WeightedValues::weight(family.norm[family.order[q]], scale);
    for (std::int32_t l = 0; l < ordered.n_lots; ++l) ordered.x[q * ordered.n_lots + l] *= static_cast<Lane>(weight);
  }
  return ordered;
}

/// Values of |rho| that differ do so by a share of 4e-12 at least (n <= 12), which 31 bits cannot always tell apart;
/// but what is compared are few values, known beforehand, and the roundings of some scale part them all.
std::optional<OrderedTests<std::int32_t>> with_narrow_weights(const Family& family) {
  WeightedValues values(family);
  constexpr std::int64_t largest = std::numeric_limits<std::int32_t>::max();
  const auto n_tries = std::clamp<std::int64_t>(200'000'000 / values.size(), 1, 1'000);
  for (std::int64_t i = 0; i < n_tries; ++i) {
    const auto scale = largest - i * 1'000'003;
    if (!values.part(scale)) continue;
    auto ordered = with_weights<std::int32_t>(family, scale);
    for (std::int64_t q = 0; q < ordered.size(); ++q)
      ordered.threshold.push_back(static_cast<std::int32_t>(values.threshold(q)));
    return ordered;
  }
  return std::nullopt;
}

/// 62 bits hold more than the doubles in which T is defined.
OrderedTests<std::int64_t> with_wide_weights(const Family& family) {
  constexpr auto scale = std::int64_t{1} << 62;
  auto ordered = with_weights<std::int64_t>(family, scale);
  for (const auto i : family.order)
    ordered.threshold.push_back(static_cast<std::int64_t>(std::ceil(least_as_extreme(family.t[i]) * 0x1p62)));
  return ordered;
}

}  // namespace

Counts count_all_relabelings(MPI_Comm comm, const Family& family) {
  if (family.one_norm && family.norm[0] <= std::numeric_limits<std::int16_t>::max())
    return enumerate(comm, family, with_plain_thresholds<std::int16_t>(family));
  if (family.one_norm) return enumerate(comm, family, with_plain_thresholds<std::int32_t>(family));
  if (auto narrow = with_narrow_weights(family)) return enumerate(comm, family, *std::move(narrow));
  return enumerate(comm, family, with_wide_weights(family));
}

}  // namespace miura::permutation
