#include "app/mine_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "miura/base/error.hpp"
#include "miura/base/nearest_name.hpp"
#include "miura/input/delimited.hpp"

namespace miura::app {

namespace fs = std::filesystem;

void refuse(const fs::path& file, std::int64_t row, const std::string& problem) {
  throw InputError({file, row}, problem, ExitCode::usage);
}

std::string suggestion(const std::string& typed, const std::vector<std::string>& known) {
  const auto nearest = nearest_name(typed, known);
  return nearest.empty() ? fmt::format("; there is {}", fmt::join(known, ", "))
                         : fmt::format("; did you mean '{}'?", nearest);
}

double number(const fs::path& file, const Setting& setting) {
  const auto value = input::parse_number(setting.value);
  if (!value || !std::isfinite(*value))
    refuse(file, setting.row, fmt::format("{}: '{}' is not a number", setting.name, setting.value));
  return *value;
}

void check_threshold(const fs::path& file, std::int64_t row, double threshold) {
  if (!(threshold > 0.0 && threshold <= 0.5))
    refuse(file, row, fmt::format("threshold lies between 0 and 0.5, not {}: it is the p of a hit", threshold));
}

}  // namespace miura::app
