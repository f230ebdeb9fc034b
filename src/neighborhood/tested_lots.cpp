#include "neighborhood/tested_lots.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace miura::neighborhood {

void TestedLots::align(std::span<double> values) const {
  if (!stratified) return;
  std::vector<double> mean(n_strata, 0.0), n(n_strata, 0.0);
  double largest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    mean[stratum[i]] += values[i];
    n[stratum[i]] += 1;
    largest = std::max(largest, std::abs(values[i]));
  }
  if (largest == 0) return;
  const double unit = largest * 0x1p-40;
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = std::round((values[i] - mean[stratum[i]] / n[stratum[i]]) / unit) * unit;
}

std::vector<double> TestedLots::of(std::span<const double> all_lots) const {
  std::vector<double> values;
  for (const auto l : lot) values.push_back(all_lots[l]);
  align(values);
  return values;
}

TestedLots tested_lots(const Abundance& nam, std::span<const double> outcome, std::span<const std::int32_t> stratum,
                       std::int64_t min_cells) {
  TestedLots tested;
  tested.stratified = !stratum.empty();
  std::map<std::int32_t, std::int32_t> index;  // label to stratum
  for (std::int32_t l = 0; l < nam.n_lots; ++l) {
    if (std::isnan(outcome[l]) || nam.lot_size[l] < std::max<std::int64_t>(1, min_cells)) continue;
    tested.lot.push_back(l);
    const auto label = stratum.empty() ? 0 : stratum[l];
    tested.stratum.push_back(index.try_emplace(label, static_cast<std::int32_t>(index.size())).first->second);
  }
  tested.n_strata = std::max(1, static_cast<std::int32_t>(index.size()));
  return tested;
}

}  // namespace miura::neighborhood
