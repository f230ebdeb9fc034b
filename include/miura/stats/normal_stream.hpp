#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "miura/stats/random.hpp"

namespace miura::stats {

/// Standard normal numbers of one stream, in pairs: Box & Muller (1958).
class NormalStream {
public:
  NormalStream(std::uint64_t seed, Purpose purpose, std::uint64_t index) : random_(seed, purpose, index) {}

  double operator()() {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    const double radius = std::sqrt(-2.0 * std::log(1.0 - random_.uniform()));
    const double angle = 2.0 * std::numbers::pi * random_.uniform();
    spare_ = radius * std::sin(angle);
    has_spare_ = true;
    return radius * std::cos(angle);
  }

private:
  RandomStream random_;
  double spare_ = 0.0;
  bool has_spare_ = false;
};

}  // namespace miura::stats
