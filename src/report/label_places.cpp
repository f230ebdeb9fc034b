#include "report/label_places.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "report/html.hpp"

namespace miura::report {

namespace {

// Pixels: a panel as it is on a phone or in two columns, letters of 11 points, a dot with air around it.
constexpr double panel_width = 380, panel_height = 270, padding = 14, letter_width = 6.4, line_height = 13, dot = 5;

struct Box {
  double left, right, top, bottom;
  bool meets(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
};

struct Range {
  double lowest = INFINITY, highest = -INFINITY;
  void take(double value) {
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
  }
  double scaled(double value) const { return highest > lowest ? (value - lowest) / (highest - lowest) : 0.5; }
};

bool starts_letter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

/// Letters from U+3000 on, as the Japanese ones, are as wide as they are high.
double width_of(std::string_view utf8) {
  constexpr double wide = 11;
  double width = 0;
  for (const char c : utf8)
    if (starts_letter(c)) width += static_cast<unsigned char>(c) >= 0xE3 ? wide : letter_width;
  return width;
}

Box box_of(double x, double y, double width, const LabelPlace& place) {
  const std::string_view align = place.align, baseline = place.baseline;
  const double left = x + place.dx - (align == "left" ? 0 : align == "right" ? width : width / 2);
  const double top = y + place.dy - (baseline == "top" ? 0 : baseline == "bottom" ? line_height : line_height / 2);
  return {left, left + width, top, top + line_height};
}

}  // namespace

std::string short_label(std::string_view name) {
  constexpr std::size_t most = 16, first = 7, last = 8;
  const auto utf8 = valid_utf8(name);
  std::vector<std::size_t> letter;  // where each begins
  for (std::size_t i = 0; i < utf8.size(); ++i)
    if (starts_letter(utf8[i])) letter.push_back(i);
  if (letter.size() <= most) return utf8;
  return utf8.substr(0, letter[first]) + "\u2026" + utf8.substr(letter[letter.size() - last]);
}

std::vector<std::size_t> label_places(const Scatter& scatter) {
  Range share, outcome;
  for (const auto& point : scatter.points) {
    share.take(point.share);
    outcome.take(point.outcome);
  }
  const auto x_of = [&](const Scatter::Point& point) { return panel_width * share.scaled(point.share); };
  const auto y_of = [&](const Scatter::Point& point) { return panel_height * (1 - outcome.scaled(point.outcome)); };
  std::vector<Box> taken;
  for (const auto& point : scatter.points)
    taken.push_back({x_of(point) - dot, x_of(point) + dot, y_of(point) - dot, y_of(point) + dot});

  std::vector<std::size_t> places(scatter.points.size(), 0);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto& point = scatter.points[i];
    const double width = width_of(short_label(point.lot));
    const auto box = [&](std::size_t place) {
      return box_of(x_of(point), y_of(point), width, all_label_places[place]);
    };
    for (std::size_t place = 0; place < all_label_places.size(); ++place) {
      const auto candidate = box(place);
      if (candidate.left < -padding || candidate.right > panel_width + padding) continue;
      if (std::ranges::any_of(taken, [&](const Box& other) { return candidate.meets(other); })) continue;
      places[i] = place;
      break;
    }
    taken.push_back(box(places[i]));
  }
  return places;
}

}  // namespace miura::report
