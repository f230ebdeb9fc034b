#pragma once

#include <cmath>
#include <numbers>

#include "miura/stats/random.hpp"

namespace miura::power {

/// Standard normal: Box & Muller (1958).
inline double normal_deviate(stats::RandomStream& random) {
  const double radius = std::sqrt(-2.0 * std::log1p(-random.uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * random.uniform());
}

}  // namespace miura::power
