#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/differential_options.hpp"
#include "miura/differential/courses.hpp"
#include "miura/matrix/measurements.hpp"
#include "miura/matrix/probe_annotation.hpp"

namespace miura::app {

/// Table and sheet, joined by sample.
struct DifferentialStudy {
  matrix::Measurements table;
  differential::CourseDesign design;
  matrix::ProbeAnnotation annotation;
  std::vector<std::int32_t> drawn_genes;  ///< of the annotation
  std::vector<std::string> warnings;
};

/// Reads them; fills in the name of the compared group. Not collective.
DifferentialStudy read_differential_study(DifferentialOptions& o);

}  // namespace miura::app
