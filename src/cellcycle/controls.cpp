#include "cellcycle/controls.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "miura/stats/random.hpp"

namespace miura::cellcycle {

std::vector<std::int32_t> expression_bins(std::span<const std::int64_t> sum, std::int32_t bins) {
  std::vector<std::int64_t> sorted(sum.begin(), sum.end());
  std::ranges::sort(sorted);
  std::vector<double> cuts;  // between bins, ascending
  for (std::int32_t b = 1; b < bins && !sorted.empty(); ++b) {
    const double place = static_cast<double>(std::ssize(sorted) - 1) * b / bins;
    const auto below = static_cast<std::int64_t>(place);
    const auto above = std::min(below + 1, std::ssize(sorted) - 1);
    const double part = place - static_cast<double>(below);
    cuts.push_back(static_cast<double>(sorted[below]) + part * static_cast<double>(sorted[above] - sorted[below]));
  }
  std::vector<std::int32_t> bin(sum.size());
  std::ranges::transform(sum, bin.begin(), [&](std::int64_t s) {
    return static_cast<std::int32_t>(std::ranges::upper_bound(cuts, static_cast<double>(s)) - cuts.begin());
  });
  return bin;
}

std::vector<std::int32_t> control_genes(const matrix::Features& features, std::span<const std::int32_t> bin,
                                        std::span<const std::int32_t> list, std::int32_t wanted, std::uint64_t seed) {
  std::vector<std::int32_t> controls;
  std::vector<std::pair<std::uint64_t, std::int32_t>> draw;
  for (const auto gene : list) {
    const auto key = stats::hash_text(seed ^ static_cast<std::uint64_t>(stats::Purpose::cell_cycle), features.id[gene]);
    draw.clear();
    for (std::int32_t g = 0; g < features.size(); ++g)
      if (bin[g] == bin[gene]) draw.emplace_back(stats::hash_text(key, features.id[g]), g);
    const auto taken = std::min<std::int64_t>(wanted, std::ssize(draw));
    std::partial_sort(draw.begin(), draw.begin() + taken, draw.end());
    for (std::int64_t d = 0; d < taken; ++d) controls.push_back(draw[d].second);
  }
  std::ranges::sort(controls);
  controls.erase(std::ranges::unique(controls).begin(), controls.end());
  return controls;
}

}  // namespace miura::cellcycle
