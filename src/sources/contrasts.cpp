#include "sources/contrasts.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "miura/permutation/paired.hpp"
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

}  // namespace

Contrast paired_contrast(std::span<const double> value, std::span<const double> other, Side side,
                         const MarkerExpressionOptions& options) {
  std::vector<double> difference;
  for (std::size_t l = 0; l < value.size(); ++l) difference.push_back(value[l] - other[l]);
  difference = known(difference);
  Contrast found{.side = side, .perm_type = {}, .status = word_for(Status::low_n)};
  found.n = found.n_against = static_cast<std::int32_t>(std::ssize(difference));
  if (found.n == 0) return found;
  found.difference = mean(difference);
  if (found.n < fewest_lots) return found;
  if (std::ranges::count(difference, 0.0) == found.n) {
    found.status = word_for(Status::constant_feature);
    return found;
  }
  auto relabelings = options.relabelings;
  relabelings.side = side;
  const auto test = permutation::paired_test(difference, relabelings);
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

Contrast two_sample_contrast(MPI_Comm comm, std::span<const double> source, std::span<const double> reference,
                             const MarkerExpressionOptions& options) {
  const auto of_source = known(source), of_reference = known(reference);
  Contrast found{.side = Side::two_sided, .perm_type = {}, .status = word_for(Status::low_n)};
  found.n = static_cast<std::int32_t>(std::ssize(of_source));
  found.n_against = static_cast<std::int32_t>(std::ssize(of_reference));
  if (found.n == 0 || found.n_against == 0) return found;
  found.difference = mean(of_source) - mean(of_reference);
  if (found.n < fewest_lots || found.n_against < fewest_lots) return found;

  auto values = of_source;
  values.insert(values.end(), of_reference.begin(), of_reference.end());
  std::vector<std::int32_t> group(values.size(), 0);
  std::fill_n(group.begin(), found.n, 1);
  auto relabelings = options.relabelings;
  relabelings.side = Side::two_sided;
  const auto test = permutation::two_sample_max_t(comm, values, group, permutation::TwoSample::t, relabelings);
  if (std::isnan(test.t[0])) {
    found.status = word_for(Status::constant_feature);
    return found;
  }
  found.p = test.p(test.raw[0]);
  found.p_min_attainable = smallest_two_sample_p(values, found.n);
  if (!test.exact) found.p_min_attainable = std::max(found.p_min_attainable, test.p(1));
  found.n_perm = test.exact ? test.n_labelings : test.n_labelings - 1;
  found.perm_type = test.exact ? "exact" : "mc";
  const double p_min_of_lots = (found.n == found.n_against ? 2.0 : 1.0) / choose(found.n + found.n_against, found.n);
  found.status = status_of(p_min_of_lots, found.p_min_attainable, options.alpha);
  return found;
}

}  // namespace miura::sources
