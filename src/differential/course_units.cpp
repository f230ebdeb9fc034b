#include "differential/course_units.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "miura/base/error.hpp"

namespace miura::differential {

namespace {

/// The unit of each sample, by a number.
std::vector<std::int32_t> unit_numbers(const CourseDesign& design) {
  if (!design.unit.empty()) return design.unit;
  std::vector<std::int32_t> unit;
  for (std::int32_t s = 0; s < std::ssize(design.time); ++s)
    unit.push_back(design.samples.pair.empty() ? s : 2 * design.samples.pair[s] + design.samples.group[s]);
  return unit;
}

void check_units(const CourseUnits& all, const CourseDesign& design) {
  for (const auto& unit : all.units)
    for (const auto s : unit.sample) {
      if (s < 0) continue;
      if (design.samples.group[s] != unit.group) throw UsageError("a unit is in both groups");
      if (all.paired && design.samples.pair[s] != unit.stratum) throw UsageError("a unit is in two pairs");
    }
}

}  // namespace

CourseUnits course_units(const CourseDesign& design) {
  CourseUnits all{.units = {},
                  .are_courses = !design.unit.empty() || !design.samples.pair.empty(),
                  .paired = !design.samples.pair.empty()};
  const auto number = unit_numbers(design);
  std::map<std::int32_t, std::size_t> index;
  for (std::int32_t s = 0; s < std::ssize(design.time); ++s) {
    if (design.samples.group[s] < 0 || design.time[s] < 0) continue;
    const auto [at, is_new] = index.try_emplace(number[s], all.units.size());
    if (is_new)
      all.units.push_back({.group = design.samples.group[s],
                           .stratum = all.paired        ? design.samples.pair[s]
                                      : all.are_courses ? 0
                                                        : design.time[s],
                           .sample = std::vector<std::int32_t>(design.times.size(), -1)});
    auto& sample = all.units[at->second].sample[design.time[s]];
    if (sample >= 0) throw UsageError("a unit has two samples at time " + design.times[design.time[s]]);
    sample = s;
  }
  check_units(all, design);
  return all;
}

std::vector<Unit> complete_units(std::span<const double> row, const CourseUnits& all) {
  const auto is_known = [&](std::int32_t s) { return s >= 0 && !std::isnan(row[s]); };
  std::vector<Unit> complete;
  for (const auto& unit : all.units)
    if (all.are_courses ? std::ranges::all_of(unit.sample, is_known) : std::ranges::any_of(unit.sample, is_known))
      complete.push_back(unit);
  if (!all.paired) return complete;
  std::map<std::int32_t, int> members;
  for (const auto& unit : complete) ++members[unit.stratum];
  std::erase_if(complete, [&](const Unit& unit) { return members[unit.stratum] < 2; });
  return complete;
}

}  // namespace miura::differential
