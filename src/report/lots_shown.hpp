#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "report/html.hpp"

namespace miura::report {

inline constexpr std::size_t most_lots = 500;     ///< that are shown in rows, of a table or a chart
inline constexpr std::size_t most_points = 2000;  ///< of lots in a chart where each is a point

/// At most so many of the items, evenly along their order, the first and the last among them.
template <class T>
std::vector<T> evenly(std::vector<T> items, std::size_t most) {
  if (items.size() <= most) return items;
  std::vector<T> chosen;
  for (std::size_t i = 0; i < most; ++i) chosen.push_back(items[i * (items.size() - 1) / (most - 1)]);
  return chosen;
}

/// Says that only so many of the lots are shown, and in which file all are; nothing where they are all shown.
Html note_of_lots_shown(std::size_t n_lots, std::size_t most, std::string_view table);

}  // namespace miura::report
