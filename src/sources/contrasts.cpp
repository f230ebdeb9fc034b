#include "sources/contrasts.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "miura/permutation/sign_flips.hpp"
#include "miura/permutation/two_sample.hpp"

namespace miura::sources {

namespace {

using association::Status;
using permutation::Side;

constexpr std::int32_t fewest_lots = 2;  // on a side

std::string word_for(Status status) { return std::string(association::name_of(status)); }

std::vector<double> known(std::span<const double> values) {
  std::vector<double> kept;
  std::ranges::copy_if(values, std::back_inserter(kept), [](double v) { return !std::isnan(v); });
  return kept;
}

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(std::ssize(values));
}

double choose(std::int64_t n, std::int64_t k) {
  double product = 1.0;
  for (std::int64_t i = 1; i <= k; ++i) product = product * static_cast<double>(n - k + i) / static_cast<double>(i);
  return product;
}

/// By what so many lots could reach without ties, and what these values can.
std::string status_of(double p_min_of_lots, double p_min, double alpha) {
  return word_for(p_min_of_lots > alpha ? Status::low_n : p_min > alpha ? Status::too_many_ties : Status::ok);
}

/// Choices of `n` values that have the largest mean: which of the values equal to the last one are taken.
double choices_of_largest(const std::vector<double>& falling, std::int32_t n) {
  const auto [first, last] = std::ranges::equal_range(falling, falling[n - 1], std::greater{});
  return choose(last - first, n - (first - falling.begin()));
}

Contrast untested(Side side, std::int64_t n, std::int64_t n_against) {
  return {.side = side,
          .n = static_cast<std::int32_t>(n),
          .n_against = static_cast<std::int32_t>(n_against),
          .perm_type = {},
          .status = word_for(Status::low_n)};
}

/// Tests contrasts of as many lots on either side. `values`: those of the source, then of the reference. Collective.
void test_together(MPI_Comm comm, const std::vector<std::vector<double>>& values,
                   const std::vector<std::size_t>& members, std::vector<Contrast>& contrasts,
                   const MarkerExpressionOptions& options) {
  const auto n = contrasts[members.front()].n, n_against = contrasts[members.front()].n_against;
  std::vector<std::int32_t> group(n + n_against, 0);
  std::fill_n(group.begin(), n, 1);
  std::vector<double> features;
  for (const auto i : members) features.insert(features.end(), values[i].begin(), values[i].end());
  auto relabelings = options.relabelings;
  relabelings.side = Side::two_sided;
  const auto test = permutation::two_sample_max_t(comm, features, group, permutation::TwoSample::t, relabelings);
  const double p_min_of_lots = (n == n_against ? 2.0 : 1.0) / choose(n + n_against, n);
  for (std::size_t f = 0; f < members.size(); ++f) {
    auto& contrast = contrasts[members[f]];
    if (std::isnan(test.t[f])) {
      contrast.status = word_for(Status::constant_feature);
      continue;
    }
    contrast.p = test.p(test.raw[f]);
    contrast.p_min_attainable = smallest_two_sample_p(values[members[f]], n);
    if (!test.exact) contrast.p_min_attainable = std::max(contrast.p_min_attainable, test.p(1));
    contrast.n_perm = test.exact ? test.n_labelings : test.n_labelings - 1;
    contrast.perm_type = test.exact ? "exact" : "mc";
    contrast.status = status_of(p_min_of_lots, contrast.p_min_attainable, options.alpha);
  }
}

}  // namespace

Contrast paired_contrast(std::span<const double> value, std::span<const double> other, Side side,
                         const MarkerExpressionOptions& options) {
  std::vector<double> difference;
  for (std::size_t l = 0; l < value.size(); ++l) difference.push_back(value[l] - other[l]);
  difference = known(difference);
  auto found = untested(side, std::ssize(difference), std::ssize(difference));
  if (found.n == 0) return found;
  found.difference = mean(difference);
  if (found.n < fewest_lots) return found;
  if (std::ranges::count(difference, 0.0) == found.n) {
    found.status = word_for(Status::constant_feature);
    return found;
  }
  auto relabelings = options.relabelings;
  relabelings.side = side;
  const auto test = permutation::sign_flip_test(difference, relabelings);
  found.p = test.p();
  found.p_min_attainable = test.p_min_attainable;
  found.n_perm = test.exact ? test.n_flips : test.n_flips - 1;
  found.perm_type = test.exact ? "exact" : "mc";
  found.status =
      status_of(std::ldexp(1.0, (side == Side::two_sided ? 1 : 0) - found.n), test.p_min_attainable, options.alpha);
  return found;
}

double smallest_two_sample_p(std::span<const double> values, std::int32_t n_source) {
  const auto n = std::ssize(values);
  std::vector<double> falling(values.begin(), values.end());
  std::ranges::sort(falling, std::greater{});
  const auto n_rest = static_cast<std::int32_t>(n) - n_source;
  const auto apart = [&](std::int32_t n_top) {  // means of the largest and of the other values
    return mean(std::span(falling).first(n_top)) - mean(std::span(falling).subspan(n_top));
  };
  const double source_high = apart(n_source), source_low = apart(n_rest);
  const double slack = 1e-12 * std::max(source_high, source_low);
  double choices = 0.0;
  if (source_high >= source_low - slack) choices += choices_of_largest(falling, n_source);
  if (source_low >= source_high - slack) choices += choices_of_largest(falling, n_rest);
  return choices / choose(n, n_source);
}

std::vector<Contrast> two_sample_contrasts(MPI_Comm comm, std::span<const TwoSamples> samples,
                                           const MarkerExpressionOptions& options) {
  std::vector<Contrast> found;
  std::map<std::pair<std::int32_t, std::int32_t>, std::vector<std::size_t>> of_size;
  std::vector<std::vector<double>> values;
  for (const auto& [source, reference] : samples) {
    auto of_source = known(source);
    const auto of_reference = known(reference);
    auto& contrast = found.emplace_back(untested(Side::two_sided, std::ssize(of_source), std::ssize(of_reference)));
    if (!of_source.empty() && !of_reference.empty()) contrast.difference = mean(of_source) - mean(of_reference);
    if (std::min(contrast.n, contrast.n_against) >= fewest_lots)
      of_size[{contrast.n, contrast.n_against}].push_back(found.size() - 1);
    of_source.insert(of_source.end(), of_reference.begin(), of_reference.end());
    values.push_back(std::move(of_source));
  }
  for (const auto& [size, members] : of_size) test_together(comm, values, members, found, options);
  return found;
}

}  // namespace miura::sources
