#include "miura/propensity/first_component.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>

#include "miura/linalg/symmetric_eigen.hpp"
#include "miura/stats/ranks.hpp"

namespace miura::propensity {

namespace {

/// Values of a marker over lines, the mean of all features of its name; nothing if there is none.
std::vector<double> values_of(const matrix::Measurements& table, const std::string& marker) {
  std::vector<double> mean;
  double n = 0;
  for (std::int64_t f = 0; f < table.n_features(); ++f) {
    if (table.feature[f] != marker) continue;
    mean.resize(table.n_samples());
    for (std::int32_t l = 0; l < table.n_samples(); ++l) mean[l] += table.of(f)[l];
    ++n;
  }
  for (auto& v : mean) v /= n;
  return mean;
}

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

double correlation(std::span<const double> a, std::span<const double> b) {
  const double mean_a = mean_of(a), mean_b = mean_of(b);
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return ab / std::sqrt(aa * bb);
}

Marker describe(const std::string& name, const std::vector<double>& values) {
  Marker marker{.name = name, .status = "OK"};
  if (values.empty()) return marker.status = "NOT_MEASURED", marker;
  if (std::ranges::any_of(values, [](double v) { return std::isnan(v); }))
    return marker.status = "MISSING_VALUES", marker;
  marker.mean = mean_of(values);
  double squares = 0;
  for (const double v : values) squares += (v - marker.mean) * (v - marker.mean);
  marker.sd = std::sqrt(squares / static_cast<double>(values.size() - 1));
  if (std::ranges::all_of(values, [&](double v) { return v == values[0]; })) marker.status = "CONSTANT_FEATURE";
  return marker;
}

/// The component of markers x lines, and the scores of the lines.
struct Fit {
  Component component;
  std::vector<double> score;
};

Fit fit(const std::vector<std::string>& names, const std::vector<std::vector<double>>& values, std::int32_t n_lines,
        const Options& options) {
  Fit found;
  auto& [component, score] = found;
  std::vector<std::int64_t> weighted;
  for (std::size_t g = 0; g < names.size(); ++g) {
    component.markers.push_back(describe(names[g], values[g]));
    if (component.markers.back().status == "OK") weighted.push_back(static_cast<std::int64_t>(g));
  }
  score.assign(n_lines, std::numeric_limits<double>::quiet_NaN());
  component.status = "NOT_TESTED";
  if (n_lines < 3 || weighted.empty()) return found;

  const auto n = std::int64_t{n_lines}, p = std::ssize(weighted);
  std::vector<double> z(n * p), mean_z(n), gram(n * n);  // z: line x marker
  for (std::int64_t l = 0; l < n; ++l)
    for (std::int64_t g = 0; g < p; ++g) {
      const auto& marker = component.markers[weighted[g]];
      z[l * p + g] = (values[weighted[g]][l] - marker.mean) / marker.sd;
      mean_z[l] += z[l * p + g] / static_cast<double>(p);
    }
  for (std::int64_t a = 0; a < n; ++a)
    for (std::int64_t b = 0; b < n; ++b)
      for (std::int64_t g = 0; g < p; ++g) gram[a * n + b] += z[a * p + g] * z[b * p + g];
  double total = 0;
  for (std::int64_t l = 0; l < n; ++l) total += gram[l * n + l];
  const auto first = linalg::largest_eigenpairs(std::move(gram), n_lines, 1);

  const double length = std::sqrt(first.value[0]);
  for (std::int64_t l = 0; l < n; ++l) score[l] = first.vector[l] * length;
  component.variance_share = first.value[0] / total;
  component.sign_correlation = correlation(score, mean_z);
  const double sign = component.sign_correlation < 0 ? -1.0 : 1.0;
  component.sign_correlation *= sign;
  component.status = component.sign_correlation >= options.least_sign_correlation ? "OK" : "UNSTABLE_SIGN";
  for (auto& s : score) s *= sign;
  for (std::int64_t g = 0; g < p; ++g) {
    double sum = 0;
    for (std::int64_t l = 0; l < n; ++l) sum += z[l * p + g] * first.vector[l];
    component.markers[weighted[g]].loading = sign * sum / length;
  }
  return found;
}

/// Equal lines get equal scores but for rounding: scores within 1e-9 of their range are tied.
std::vector<double> rounded(std::span<const double> score) {
  const auto [low, high] = std::ranges::minmax(score);
  std::vector<double> steps;
  for (const double s : score) steps.push_back(std::round((s - low) / (high - low) * 1e9));
  return steps;
}

double least_jackknife_spearman(const std::vector<std::string>& names, const std::vector<std::vector<double>>& values,
                                std::span<const double> score, const Options& options) {
  constexpr auto none = std::numeric_limits<double>::quiet_NaN();
  const auto n = static_cast<std::int32_t>(std::ssize(score));
  if (n < 4) return none;
  double least = 1.0;
  for (std::int32_t left_out = 0; left_out < n; ++left_out) {
    const auto without = [&](std::span<const double> all) {
      std::vector<double> rest;
      for (std::int32_t l = 0; l < std::ssize(all); ++l)
        if (l != left_out) rest.push_back(all[l]);
      return rest;
    };
    std::vector<std::vector<double>> fewer;
    for (const auto& v : values) fewer.push_back(without(v));
    const auto again = fit(names, fewer, n - 1, options);
    if (again.component.status == "NOT_TESTED") return none;
    least = std::min(least, stats::spearman_rho(rounded(without(score)), rounded(again.score)));
  }
  return least;
}

}  // namespace

Propensity first_component(const matrix::Measurements& table, const std::vector<std::string>& markers,
                           const Options& options) {
  std::vector<std::vector<double>> values;
  for (const auto& marker : markers) values.push_back(values_of(table, marker));
  auto [component, score] = fit(markers, values, table.n_samples(), options);
  Propensity result{.component = std::move(component), .score = std::move(score), .rank = {}};
  if (result.component.status == "NOT_TESTED") {
    result.rank = result.score;
    result.jackknife_spearman = std::numeric_limits<double>::quiet_NaN();
    return result;
  }
  for (const auto doubled : stats::doubled_mid_ranks(rounded(result.score)))
    result.rank.push_back((doubled + table.n_samples() + 1) / 2.0);
  result.jackknife_spearman = least_jackknife_spearman(markers, values, result.score, options);
  return result;
}

std::vector<double> project(const Component& component, const matrix::Measurements& table) {
  const bool exists = component.status != "NOT_TESTED";
  std::vector<double> score(table.n_samples(), exists ? 0.0 : std::numeric_limits<double>::quiet_NaN());
  for (const auto& marker : component.markers) {
    if (!exists || marker.status != "OK") continue;
    const auto values = values_of(table, marker.name);
    for (std::size_t l = 0; l < values.size(); ++l)
      if (!std::isnan(values[l])) score[l] += marker.loading * (values[l] - marker.mean) / marker.sd;
  }
  return score;
}

matrix::Measurements marker_values(const matrix::Measurements& table, const std::vector<std::string>& markers) {
  matrix::Measurements found{.feature = markers, .sample = table.sample, .value = {}};
  for (const auto& marker : markers) {
    auto values = values_of(table, marker);
    values.resize(table.sample.size(), std::numeric_limits<double>::quiet_NaN());
    found.value.insert(found.value.end(), values.begin(), values.end());
  }
  return found;
}

}  // namespace miura::propensity
