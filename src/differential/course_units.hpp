#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/differential/courses.hpp"

namespace miura::differential {

/// What changes groups as a whole: a course, or a sample by itself.
struct Unit {
  std::int32_t group = 0, stratum = 0;  ///< units change groups within their stratum: pair, or time
  std::vector<std::int32_t> sample;     ///< by time; -1: none
};

/// Units in the order of their first sample. `whole_courses`: a unit has a sample at each time it can have.
struct CourseUnits {
  std::vector<Unit> units;
  bool are_courses = false;  ///< else each has one sample
  bool paired = false;
};
CourseUnits course_units(const CourseDesign& design);

/// Those with a value in a row of the table: of courses at every time; of pairs, both.
std::vector<Unit> complete_units(std::span<const double> row, const CourseUnits& all);

}  // namespace miura::differential
