#include "miura/stats/correlation_interval.hpp"

#include <boost/math/distributions/normal.hpp>
#include <cmath>

namespace miura::stats {

Interval spearman_interval(double rho, std::int64_t n, double level) {
  if (n < 8 || !(std::abs(rho) < 1.0)) return {};
  const double z = std::atanh(rho);
  const double half = boost::math::quantile(boost::math::normal(), 0.5 + level / 2) *
                      std::sqrt((1 + rho * rho / 2) / static_cast<double>(n - 3));
  return {std::tanh(z - half), std::tanh(z + half)};
}

}  // namespace miura::stats
