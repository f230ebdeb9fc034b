#include "differential/hits.hpp"

#include <algorithm>
#include <cmath>

namespace miura::differential {

Hits HitFinder::find(std::span<const std::int32_t> label, const ModeratedFit::Fit& fit) const {
  Hits hits;
  for (const auto place : fitted_.significant(fit, options_.hits, options_.relabelings.side, family_size_)) {
    const auto row = fitted_.probe(place);
    if (options_.hits.min_difference > 0.0) {
      const auto means = group_means(table_.of(row), compared_, label);
      if (std::abs(means.mean1 - means.mean0) < options_.hits.min_difference) continue;
    }
    (fit.difference[place] > 0.0 ? hits.up : hits.down).push_back(row);
  }
  std::ranges::sort(hits.up);
  std::ranges::sort(hits.down);
  return hits;
}

Hits HitFinder::most_extreme(const Hits& sizes, ModeratedFit::Fit& fit) const {
  Hits hits{fitted_.most_extreme(fit, std::ssize(sizes.up), 1.0),
            fitted_.most_extreme(fit, std::ssize(sizes.down), -1.0)};
  for (auto* places : {&hits.up, &hits.down})
    for (auto& place : *places) place = fitted_.probe(place);
  return hits;
}

}  // namespace miura::differential
