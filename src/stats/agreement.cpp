#include "miura/stats/agreement.hpp"

namespace miura::stats {

double adjusted_rand_index(const PairCounts& pairs) noexcept {
  const auto first = static_cast<double>(pairs.first), second = static_cast<double>(pairs.second);
  const auto by_chance = pairs.all > 0 ? first * second / static_cast<double>(pairs.all) : 0.0;
  const auto most = (first + second) / 2;
  return most == by_chance ? 1.0 : (static_cast<double>(pairs.both) - by_chance) / (most - by_chance);
}

}  // namespace miura::stats
