#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "miura/report/study_report.hpp"

namespace miura::report {

/// Where a point's name stands: Vega-Lite has no layout of labels, so it is made here, one text layer a place.
struct LabelPlace {
  const char *word, *align, *baseline;
  int dx, dy;
};
inline constexpr std::array all_label_places{
    LabelPlace{"right", "left", "middle", 8, 0}, LabelPlace{"left", "right", "middle", -8, 0},
    LabelPlace{"above", "center", "bottom", 0, -7}, LabelPlace{"below", "center", "top", 0, 7}};

inline const char* word_of(std::size_t place) { return all_label_places[place].word; }

/// A name as it stands beside a point, in UTF-8: a long one is cut in its middle.
std::string short_label(std::string_view name);

/// An index into all_label_places for each point: greedily, the first place where the name covers no point and no
/// other name on a panel of usual size; right where there is none.
std::vector<std::size_t> label_places(const Scatter& scatter);

}  // namespace miura::report
