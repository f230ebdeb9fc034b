#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace miura::matrix {

/// A stretch of a chromosome: a peak, an island, a probe. Counted from 0, the end is not inside (as in BED).
struct Interval {
  std::string chromosome;
  std::int64_t start = 0, end = 0;                          ///< start < end
  std::string name = {};                                    ///< empty: none
  double score = std::numeric_limits<double>::quiet_NaN();  ///< NaN: none
  char strand = '.';                                        ///< + - or . for unknown
  std::int64_t summit = -1;                                 ///< position of the summit on the chromosome; -1: unknown

  std::int64_t length() const noexcept { return end - start; }
};

using Intervals = std::vector<Interval>;

}  // namespace miura::matrix
