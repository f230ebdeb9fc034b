#include "neighborhood/reaching.hpp"

#include <algorithm>

namespace miura::neighborhood {

namespace {

constexpr double rounding_of_p = 1e-9;     // of F tests, which are steep in what they are computed from
constexpr double rounding_of_rho = 1e-12;  // |rho| of other norms differ by more up to 12 lots

std::vector<double> sorted(std::span<const double> values) {
  std::vector<double> result(values.begin(), values.end());
  std::ranges::sort(result);
  return result;
}

double as_small(const std::vector<double>& ascending, double value) {
  const auto n = std::ranges::upper_bound(ascending, value * (1 + rounding_of_p)) - ascending.begin();
  return static_cast<double>(n) / static_cast<double>(ascending.size());
}

double as_large(const std::vector<double>& ascending, double value) {
  const auto n = ascending.end() - std::ranges::lower_bound(ascending, value * (1 - rounding_of_rho));
  return static_cast<double>(n) / static_cast<double>(ascending.size());
}

}  // namespace

double share_as_small(std::span<const double> null, double value) { return as_small(sorted(null), value); }
double share_as_large(std::span<const double> null, double value) { return as_large(sorted(null), value); }

std::vector<double> each_share_as_small(std::span<const double> null) {
  const auto ascending = sorted(null);
  std::vector<double> shares;
  for (const auto value : null) shares.push_back(as_small(ascending, value));
  return shares;
}

std::vector<double> each_share_as_large(std::span<const double> null) {
  const auto ascending = sorted(null);
  std::vector<double> shares;
  for (const auto value : null) shares.push_back(as_large(ascending, value));
  return shares;
}

}  // namespace miura::neighborhood
