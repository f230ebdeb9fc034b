#include "permutation/lot_split.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <numeric>

#include "miura/permutation/rank_tests.hpp"

namespace miura::permutation {

namespace {

constexpr std::int64_t whole_up_to = 720;  // arrangements of a half, if a stratum is to go there undivided

std::vector<std::uint32_t> choices(std::int32_t n, std::int32_t n_chosen) {
  std::vector<std::uint32_t> sets;
  for (std::uint32_t bits = 0; bits < std::uint32_t{1} << n; ++bits)
    if (std::popcount(bits) == n_chosen) sets.push_back(bits);
  return sets;
}

/// All arrangements within parts of these sizes, position-major, the first part running slowest.
std::vector<std::int32_t> arrangements(const std::vector<std::int32_t>& sizes, std::int64_t n_orders) {
  std::vector<std::int32_t> place;
  std::int64_t repeats = n_orders;
  std::int32_t from = 0;
  for (const auto size : sizes) {
    std::vector<std::int32_t> order(size);
    std::iota(order.begin(), order.end(), from);
    from += size;
    const auto own = factorial(size);
    repeats /= own;
    const auto first = std::ssize(place);
    place.resize(first + size * n_orders);
    for (std::int64_t i = 0; i < n_orders; i += repeats, std::next_permutation(order.begin(), order.end()))
      for (std::int32_t l = 0; l < size; ++l)  // after the last arrangement comes the first again
        std::fill_n(place.begin() + first + l * n_orders + i, repeats, order[l]);
  }
  return place;
}

}  // namespace

LotSplit::LotSplit(const std::vector<std::vector<std::int32_t>>& strata) {
  for (const auto& lots : strata) parts_.push_back({lots});
  std::ranges::stable_sort(parts_, std::greater{}, [](const Part& part) { return part.lots.size(); });
  for (auto& [lots, first_lots, choice] : parts_) {
    const auto n = static_cast<std::int32_t>(std::ssize(lots));
    const bool to_first = n_first_orders < n_last_orders;
    const auto fewer = std::min(n_first_orders, n_last_orders);
    const auto larger = factorial(n) <= whole_up_to / fewer ? n : (n + 1) / 2;
    first_lots = to_first ? larger : n - larger;
    choice = choices(n, first_lots);
    n_first_orders *= factorial(first_lots);
    n_last_orders *= factorial(n - first_lots);
    n_first += first_lots;
    n_last += n - first_lots;
    n_subsets_ *= std::ssize(choice);
  }
  std::vector<std::int32_t> first_sizes, last_sizes, last_lots;
  for (const auto& part : parts_) {
    first_sizes.push_back(part.n_first);
    last_sizes.push_back(static_cast<std::int32_t>(std::ssize(part.lots)) - part.n_first);
    lot.insert(lot.end(), part.lots.begin(), part.lots.begin() + part.n_first);
    last_lots.insert(last_lots.end(), part.lots.begin() + part.n_first, part.lots.end());
  }
  lot.insert(lot.end(), last_lots.begin(), last_lots.end());
  first_place = arrangements(first_sizes, n_first_orders);
  last_place = arrangements(last_sizes, n_last_orders);
}

LotSplit::Members LotSplit::members(std::int64_t i) const {
  Members members;
  for (const auto& part : parts_) {
    const auto bits = part.choice[i % std::ssize(part.choice)];
    i /= std::ssize(part.choice);
    for (std::size_t l = 0; l < part.lots.size(); ++l)
      ((bits >> l & 1U) != 0 ? members.first : members.last).push_back(part.lots[l]);
  }
  return members;
}

}  // namespace miura::permutation
