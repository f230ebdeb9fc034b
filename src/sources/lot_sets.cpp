#include "sources/lot_sets.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string_view>
#include <utility>

namespace miura::sources {

namespace {

std::vector<LotSet> by_role_and_source(const matrix::Lots& lots) {
  constexpr std::array<std::string_view, 4> roles{"train", "test", "query", "process"};
  std::map<std::pair<std::ptrdiff_t, std::string>, LotSet> sets;
  for (std::int32_t l = 0; l < std::ssize(lots); ++l) {
    const auto place = std::ranges::find(roles, lots[l].role) - roles.begin();
    auto& set = sets[{place, lots[l].source}];
    set.role = lots[l].role;
    set.source = lots[l].source;
    set.lots.push_back(l);
  }
  std::vector<LotSet> in_order;
  for (auto& [key, set] : sets) in_order.push_back(std::move(set));
  return in_order;
}

LotSet union_of(std::string role, std::span<const LotSet> sets) {
  LotSet all{.role = std::move(role), .source = "all", .lots = {}, .is_union = true};
  for (const auto& set : sets) {
    all.lots.insert(all.lots.end(), set.lots.begin(), set.lots.end());
    all.several_sources = all.several_sources || set.source != sets.front().source;
  }
  std::ranges::sort(all.lots);
  return all;
}

}  // namespace

std::vector<LotSet> lot_sets(const matrix::Lots& lots) {
  const auto single = by_role_and_source(lots);
  std::vector<LotSet> sets;
  std::int64_t n_mapped_roles = 0;
  for (auto first = single.begin(); first != single.end();) {
    const auto last = std::find_if(first, single.end(), [&](const LotSet& set) { return set.role != first->role; });
    sets.insert(sets.end(), first, last);
    if (last - first > 1) sets.push_back(union_of(first->role, {first, last}));
    n_mapped_roles += first->trains() ? 0 : 1;
    first = last;
  }
  const auto mapped = std::ranges::find_if(single, [](const LotSet& set) { return !set.trains(); });
  if (n_mapped_roles > 1) sets.push_back(union_of("all", {mapped, single.end()}));
  return sets;
}

std::string ids_of(const matrix::Lots& lots, const std::vector<std::int32_t>& some) {
  std::string ids;
  for (const auto l : some) ids += (ids.empty() ? "" : ",") + lots[l].id;
  return ids;
}

}  // namespace miura::sources
