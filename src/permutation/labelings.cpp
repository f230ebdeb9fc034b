#include "miura/permutation/labelings.hpp"

#include <algorithm>
#include <limits>

#include "miura/base/error.hpp"

namespace miura::permutation {

namespace {

constexpr auto most = std::numeric_limits<std::int64_t>::max();

std::int64_t product_or_most(std::int64_t a, std::int64_t b) { return a > most / b ? most : a * b; }

/// n choose k, or the largest number there is.
std::int64_t choose(std::int64_t n, std::int64_t k) {
  std::int64_t chosen = 1;
  for (std::int64_t i = 1; i <= k; ++i) {
    if (chosen > most / (n - k + i)) return most;
    chosen = chosen * (n - k + i) / i;
  }
  return chosen;
}

Options drawing(Options options) {
  options.exact_up_to = 0;
  return options;
}

}  // namespace

Labelings::Labelings(std::span<const std::int32_t> group, std::span<const std::int32_t> stratum, const Options& options)
    : group_(group.begin(), group.end()), drawn_(n_lots(), stratum, drawing(options)), all_(1) {
  if (!std::ranges::all_of(group, [](std::int32_t g) { return g == 0 || g == 1; }))
    throw UsageError("a two-sample statistic needs an outcome of 0 and 1");
  for (const auto& lots : drawn_.strata()) {
    n_ones_.push_back(std::ranges::count_if(lots, [&](std::int32_t lot) { return group[lot] == 1; }));
    n_choices_.push_back(choose(std::ssize(lots), n_ones_.back()));
    all_ = product_or_most(all_, n_choices_.back());
  }
  exact_ = drawn_.exact() || all_ <= drawn_.size();
}

double Labelings::smallest_p(Side side) const noexcept {
  bool mirrored = exact_ && side == Side::two_sided;
  for (std::size_t s = 0; s < n_ones_.size(); ++s)
    mirrored = mirrored && 2 * n_ones_[s] == std::ssize(drawn_.strata()[s]);
  return (mirrored ? 2.0 : 1.0) / static_cast<double>(size());
}

std::vector<std::int32_t> Labelings::operator()(std::int64_t b) const {
  std::vector<std::int32_t> label(n_lots());
  if (!exact_) {
    drawn_.relabel(b, label);
    for (auto& lot : label) lot = group_[lot];
    return label;
  }
  for (auto s = std::ssize(n_ones_) - 1; s >= 0; --s) {
    const auto& lots = drawn_.strata()[s];
    auto place = b % n_choices_[s];
    b /= n_choices_[s];
    auto ones = n_ones_[s];
    for (std::int64_t i = 0; i < std::ssize(lots) && ones > 0; ++i) {
      const auto with_this = choose(std::ssize(lots) - i - 1, ones - 1);
      if (place < with_this) {
        label[lots[i]] = 1;
        --ones;
      } else {
        place -= with_this;
      }
    }
  }
  return label;
}

}  // namespace miura::permutation
