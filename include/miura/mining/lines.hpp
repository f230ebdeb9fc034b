#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "miura/matrix/measurements.hpp"

namespace miura::mining {

/// What was measured of lines by one platform and one way of culture.
struct Panel {
  std::string name, platform, method;
  matrix::Measurements probes;    ///< probes x lines; its samples are the lines of the set, NaN where not measured
  std::vector<std::string> gene;  ///< of each probe; empty: none is known
};

/// What a line does: one value a line, NaN where it is not known.
struct Outcome {
  std::string name;
  std::vector<double> value;
  std::vector<std::string> markers = {};          ///< genes it was made of
  std::vector<std::string> same_samples_as = {};  ///< panels in which these genes are therefore not tested
};

/// Lines that are relabeled together: all panels and outcomes of them are blocked by line. Replicated.
struct LineSet {
  std::vector<std::string> line;  ///< in ascending bytes
  std::vector<Panel> panels;
  std::vector<Outcome> outcomes;

  std::int32_t n_lines() const noexcept { return static_cast<std::int32_t>(std::ssize(line)); }
};

}  // namespace miura::mining
