#include "miura/comparability/outcome_margin.hpp"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "miura/matrix/table_columns.hpp"

namespace miura::comparability {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr std::int32_t fewest_lots_to_fit = 5;

}  // namespace

OutcomeMargin outcome_margin(std::span<const double> attribute, std::span<const double> outcome,
                             std::span<const std::int32_t> lots, double amount, double alpha) {
  OutcomeMargin found{.slope = none, .slope_bound = none, .at_slope = none, .margin = none, .status = "OK"};
  std::vector<double> x, y;
  for (const auto lot : lots) {
    if (std::isnan(attribute[lot]) || std::isnan(outcome[lot])) continue;
    x.push_back(attribute[lot]);
    y.push_back(outcome[lot]);
  }
  found.n = static_cast<std::int32_t>(std::ssize(x));
  const auto n = static_cast<double>(found.n);
  double mean_x = 0.0, mean_y = 0.0, xx = 0.0, xy = 0.0, yy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    mean_x += x[i] / n;
    mean_y += y[i] / n;
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  const auto varies = [](std::span<const double> values) {
    for (const double v : values)
      if (v != values.front()) return true;
    return false;
  };
  if (found.n < fewest_lots_to_fit)
    found.status = "LOW_N";
  else if (!varies(x))
    found.status = "CONSTANT_FEATURE";
  else if (!varies(y))
    found.status = "CONSTANT_OUTCOME";
  if (found.status != "OK") return found;
  found.slope = xy / xx;
  const double residual = std::max(0.0, yy - found.slope * xy) / (n - 2);
  const double t = boost::math::quantile(boost::math::complement(boost::math::students_t(n - 2), alpha));
  found.slope_bound = std::abs(found.slope) + t * std::sqrt(residual / xx);
  found.at_slope = amount / std::abs(found.slope);
  found.margin = amount / found.slope_bound;
  return found;
}

matrix::Table margin_table(std::span<const DerivedMargin> margins) {
  using M = DerivedMargin;
  matrix::TableColumns<M> columns("margin", margins);
  columns.add("final_use", &M::final_use);
  columns.add("endpoint", &M::endpoint);
  columns.add("outcome", &M::outcome);
  columns.add("amount", &M::amount);
  columns.add("n", [](const M& m) { return m.found.n; });
  columns.add("slope", [](const M& m) { return m.found.slope; });
  columns.add("slope_bound", [](const M& m) { return m.found.slope_bound; });
  columns.add("at_slope", [](const M& m) { return m.found.at_slope; });
  columns.add("margin", [](const M& m) { return m.found.margin; });
  columns.add("status", [](const M& m) { return m.found.status; });
  return columns.take();
}

}  // namespace miura::comparability
