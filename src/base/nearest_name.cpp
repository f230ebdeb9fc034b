#include "miura/base/nearest_name.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace miura {

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(std::string_view typed, std::span<const std::string> known) {
  std::string best;
  std::size_t best_distance = 1 + std::max<std::size_t>(typed.size() / 3, 1);
  for (const auto& name : known) {
    // `components` for `pca.components`: the section forgotten is the commonest slip
    const auto dot = name.find('.');
    const bool section_forgotten = dot != std::string::npos && name.substr(dot + 1) == typed;
    const bool abbreviated = typed.size() >= 3 && name.starts_with(typed);
    const auto distance = section_forgotten || abbreviated ? 0 : edit_distance(typed, name);
    if (distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return best;
}

}  // namespace miura
