#include "miura/stats/ranks.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

namespace miura::stats {

namespace {

double rho_of(std::int64_t s, std::int64_t square_x, std::int64_t square_y) {
  if (square_x == 0 || square_y == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(s) / std::sqrt(static_cast<double>(square_x) * static_cast<double>(square_y));
}

/// Values in ascending order, equal ones in a group.
struct Groups {
  std::vector<std::int32_t> order;
  std::vector<std::int32_t> of;    // each value's group, from 0
  std::vector<std::int64_t> size;  // of each group
};

Groups groups_of(std::span<const std::int32_t> rank) {
  Groups groups{std::vector<std::int32_t>(rank.size()), std::vector<std::int32_t>(rank.size()), {}};
  std::iota(groups.order.begin(), groups.order.end(), 0);
  std::ranges::sort(groups.order, {}, [&](std::int32_t i) { return rank[i]; });
  for (std::size_t at = 0; at < rank.size(); ++at) {
    const auto i = groups.order[at];
    if (at == 0 || rank[i] != rank[groups.order[at - 1]]) groups.size.push_back(0);
    groups.of[i] = static_cast<std::int32_t>(std::ssize(groups.size)) - 1;
    ++groups.size.back();
  }
  return groups;
}

/// For each value, the sum of `weight` over larger ones minus that over smaller ones.
std::vector<std::int64_t> above_minus_below(std::span<const std::int32_t> weight, const Groups& groups) {
  std::vector<std::int64_t> up_to(groups.size.size() + 1);  // the sum over all groups below
  for (std::size_t i = 0; i < weight.size(); ++i) up_to[groups.of[i] + 1] += weight[i];
  std::partial_sum(up_to.begin(), up_to.end(), up_to.begin());
  std::vector<std::int64_t> sum;
  for (const auto g : groups.of) sum.push_back(up_to.back() - up_to[g + 1] - up_to[g]);
  return sum;
}

/// How many values of each group are there, so far (Fenwick 1994, Software: Practice and Experience 24:327).
class GroupCounts {
public:
  explicit GroupCounts(std::size_t n_groups) : tree_(n_groups + 1) {}
  void add(std::int32_t group) {
    for (std::size_t at = group + 1; at < tree_.size(); at += at & -at) ++tree_[at];
    ++all_;
  }
  /// In larger groups minus in smaller ones.
  std::int64_t above_minus_below(std::int32_t group) const { return all_ - up_to(group + 1) - up_to(group); }

private:
  std::int64_t up_to(std::size_t groups) const {
    std::int64_t n = 0;
    for (; groups > 0; groups -= groups & -groups) n += tree_[groups];
    return n;
  }
  std::vector<std::int64_t> tree_;
  std::int64_t all_ = 0;
};

/// For each pair, how many others lie on the same side of it in x and y, minus how many do not.
std::vector<std::int64_t> concordance(const Groups& x, const Groups& y) {
  const auto n = std::ssize(x.order);
  std::vector<std::int64_t> sum(n);
  for (const bool ascending : {true, false}) {
    GroupCounts seen(y.size.size());  // of smaller x, then of larger
    for (std::int64_t first = 0, last = 0; first < n; first = last) {
      const auto pair = [&](std::int64_t at) { return x.order[ascending ? at : n - 1 - at]; };
      for (; last < n && x.of[pair(last)] == x.of[pair(first)]; ++last)
        sum[pair(last)] += (ascending ? -1 : 1) * seen.above_minus_below(y.of[pair(last)]);
      for (auto at = first; at < last; ++at) seen.add(y.of[pair(at)]);
    }
  }
  return sum;
}

}  // namespace

std::vector<std::int32_t> doubled_mid_ranks(std::span<const double> values) {
  const auto n = static_cast<std::int32_t>(values.size());
  std::vector<std::int32_t> order(n), rank(n);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](std::int32_t a, std::int32_t b) { return values[a] < values[b]; });
  for (std::int32_t first = 0, last = 0; first < n; first = last) {
    for (last = first; last < n && values[order[last]] == values[order[first]]; ++last) {
    }
    for (auto i = first; i < last; ++i) rank[order[i]] = first + 1 + last - (n + 1);  // ranks first + 1 .. last
  }
  return rank;
}

std::int64_t spearman_s(std::span<const std::int32_t> x, std::span<const std::int32_t> y) {
  assert(x.size() == y.size());
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += std::int64_t{x[i]} * y[i];
  return sum;
}

double spearman_rho(std::span<const std::int32_t> x, std::span<const std::int32_t> y) {
  return rho_of(spearman_s(x, y), spearman_s(x, x), spearman_s(y, y));
}

double spearman_rho(std::span<const double> x, std::span<const double> y) {
  return spearman_rho(doubled_mid_ranks(x), doubled_mid_ranks(y));
}

std::vector<double> spearman_rho_without_each(std::span<const double> x, std::span<const double> y) {
  const auto rank_x = doubled_mid_ranks(x), rank_y = doubled_mid_ranks(y);
  const auto in_x = groups_of(rank_x), in_y = groups_of(rank_y);
  const auto s = spearman_s(rank_x, rank_y), square_x = spearman_s(rank_x, rank_x),
             square_y = spearman_s(rank_y, rank_y);
  const auto xx = above_minus_below(rank_x, in_x), xy = above_minus_below(rank_x, in_y);
  const auto yx = above_minus_below(rank_y, in_x), yy = above_minus_below(rank_y, in_y);
  const auto agreeing = concordance(in_x, in_y);
  const auto n = std::ssize(rank_x);
  std::vector<double> rho;
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t a = rank_x[i], b = rank_y[i];
    const auto others_x = n - in_x.size[in_x.of[i]], others_y = n - in_y.size[in_y.of[i]];
    rho.push_back(rho_of(s - a * b - xy[i] - yx[i] + agreeing[i], square_x - a * a - 2 * xx[i] + others_x,
                         square_y - b * b - 2 * yy[i] + others_y));
  }
  return rho;
}

}  // namespace miura::stats
