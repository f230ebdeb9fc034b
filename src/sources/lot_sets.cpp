#include "sources/lot_sets.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

namespace miura::sources {

std::vector<LotSet> lot_sets(const matrix::Lots& lots) {
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

std::string ids_of(const matrix::Lots& lots, const std::vector<std::int32_t>& some) {
  std::string ids;
  for (const auto l : some) ids += (ids.empty() ? "" : ",") + lots[l].id;
  return ids;
}

}  // namespace miura::sources
