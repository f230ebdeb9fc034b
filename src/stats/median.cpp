#include "miura/stats/median.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace miura::stats {

double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto n = std::ssize(values);
  const auto upper = values.begin() + n / 2;
  std::ranges::nth_element(values, upper);
  return n % 2 == 1 ? *upper : 0.5 * (*std::max_element(values.begin(), upper) + *upper);
}

}  // namespace miura::stats
