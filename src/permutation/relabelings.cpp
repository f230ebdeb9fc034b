#include "miura/permutation/relabelings.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "miura/stats/random.hpp"

namespace miura::permutation {

namespace {

std::vector<std::vector<std::int32_t>> lots_by_stratum(std::int32_t n_lots, std::span<const std::int32_t> stratum) {
  std::vector<std::vector<std::int32_t>> strata;
  std::map<std::int32_t, std::size_t> index;
  for (std::int32_t l = 0; l < n_lots; ++l) {
    const auto [it, is_new] = index.try_emplace(stratum.empty() ? 0 : stratum[l], strata.size());
    if (is_new) strata.emplace_back();
    strata[it->second].push_back(l);
  }
  return strata;
}

/// Product of the strata's n_s!, or the largest number there is where it is more.
std::int64_t n_relabelings(const std::vector<std::vector<std::int32_t>>& strata) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  std::int64_t product = 1;
  for (const auto& lots : strata)
    for (std::int64_t i = 2; i <= std::ssize(lots); ++i) {
      if (product > most / i) return most;
      product *= i;
    }
  return product;
}

/// Puts the arrangement with a given place in lexicographic order on the lots of a stratum.
void arrange(const std::vector<std::int32_t>& lots, std::int64_t place, std::span<std::int32_t> lot) {
  auto left = lots;
  auto rest = factorial(static_cast<std::int32_t>(std::ssize(lots)));
  for (std::size_t i = 0; i < lots.size(); ++i) {
    rest /= std::ssize(left);
    const auto taken = left.begin() + place / rest;
    place %= rest;
    lot[lots[i]] = *taken;
    left.erase(taken);
  }
}

}  // namespace

Relabelings::Relabelings(std::int32_t n_lots, std::span<const std::int32_t> stratum, const Options& options)
    : strata_(lots_by_stratum(n_lots, stratum)), seed_(options.seed), size_(n_relabelings(strata_)) {
  check(options);
  exact_ = size_ <= factorial(options.exact_up_to);
  if (!exact_) size_ = options.permutations + 1;
}

void Relabelings::relabel(std::int64_t b, std::span<std::int32_t> lot) const {
  std::iota(lot.begin(), lot.end(), 0);
  if (b == 0) return;
  if (exact_) {
    for (auto lots = strata_.rbegin(); lots != strata_.rend(); ++lots) {
      const auto n = factorial(static_cast<std::int32_t>(std::ssize(*lots)));
      arrange(*lots, b % n, lot);
      b /= n;
    }
    return;
  }
  stats::RandomStream random(seed_, stats::Purpose::permutation, static_cast<std::uint64_t>(b));
  for (const auto& lots : strata_)
    for (auto i = std::ssize(lots) - 1; i > 0; --i)
      std::swap(lot[lots[i]], lot[lots[random.below(static_cast<std::uint32_t>(i + 1))]]);
}

}  // namespace miura::permutation
