#include "neighborhood/ranked_rows.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "miura/stats/ranks.hpp"

namespace miura::neighborhood {

template <class Lane>
RankedRows<Lane> packed(std::span<const std::int32_t> ranks, std::int32_t n_lots) {
  std::vector<std::pair<std::int64_t, std::int64_t>> order;  // norm, row
  for (std::int64_t row = 0; row * n_lots < std::ssize(ranks); ++row) {
    const auto x = ranks.subspan(row * n_lots, n_lots);
    if (const auto norm = stats::spearman_s(x, x); norm > 0) order.emplace_back(norm, row);
  }
  std::ranges::sort(order);

  RankedRows<Lane> rows;
  rows.n_lots = n_lots;
  constexpr auto height = RankedRows<Lane>::tile_rows;
  std::int64_t n_tiles = 0;
  for (std::size_t at = 0, end = 0; at < order.size(); at = end) {
    while (end < order.size() && order[end].first == order[at].first) ++end;
    const auto n_rows = static_cast<std::int64_t>(end - at);
    rows.groups.push_back({order[at].first, n_tiles, (n_rows + height - 1) / height, n_rows});
    n_tiles += rows.groups.back().n_tiles;
  }
  rows.value.assign(n_tiles * n_lots * height, Lane{0});
  std::size_t at = 0;
  for (const auto& group : rows.groups)
    for (std::int64_t r = 0; r < group.n_rows; ++r, ++at) {
      Lane* tile = rows.value.data() + (group.first_tile + r / height) * n_lots * height;
      for (std::int32_t l = 0; l < n_lots; ++l)
        tile[l * height + r % height] = static_cast<Lane>(ranks[order[at].second * n_lots + l]);
    }
  return rows;
}

double rho_of_one(std::int64_t norm_x, std::int64_t norm_y) {
  return 1.0 / std::sqrt(static_cast<double>(norm_x) * static_cast<double>(norm_y));
}

template RankedRows<float> packed(std::span<const std::int32_t>, std::int32_t);
template RankedRows<double> packed(std::span<const std::int32_t>, std::int32_t);

}  // namespace miura::neighborhood
