#pragma once

#include <cstdint>
#include <vector>

namespace miura::transfer {

/// What speaks for each label in each of this rank's query cells.
struct LabelScores {
  std::vector<double> share;               ///< cells x n_labels; a row of NaN where nothing spoke
  std::vector<std::int32_t> anchors_used;  ///< by each cell
};

}  // namespace miura::transfer
