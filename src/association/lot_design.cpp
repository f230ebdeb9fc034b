#include "association/lot_design.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>

#include "miura/base/error.hpp"
#include "miura/permutation/freedman_lane.hpp"
#include "miura/stats/ranks.hpp"

namespace miura::association {

namespace {

/// Values less the mean of their stratum. What is equal but for rounding becomes equal: residuals are put on a grid of
/// 2^-40 of the largest value. Sums run over sorted values, so that the order of the lots changes no bit.
std::vector<double> aligned_values(std::span<const double> values, std::span<const std::int32_t> stratum) {
  std::map<std::int32_t, std::vector<double>> members;
  double largest = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    members[stratum[i]].push_back(values[i]);
    largest = std::max(largest, std::abs(values[i]));
  }
  std::map<std::int32_t, double> mean;
  for (auto& [label, of_stratum] : members) {
    std::ranges::sort(of_stratum);
    double sum = 0.0;
    for (const double v : of_stratum) sum += v;
    mean[label] = sum / static_cast<double>(of_stratum.size());
  }
  const double step = largest > 0.0 ? std::ldexp(1.0, std::ilogb(largest) - 40) : 1.0;
  std::vector<double> residual;
  for (std::size_t i = 0; i < values.size(); ++i)
    residual.push_back(std::nearbyint((values[i] - mean.at(stratum[i])) / step));
  return residual;
}

}  // namespace

LotDesign::LotDesign(const Design& design, std::int32_t n_lots, std::span<const std::int32_t> kept)
    : covariate_(design.covariate) {
  const auto fits = [&](const auto& of_lots) { return of_lots.empty() || std::ssize(of_lots) == n_lots; };
  if (!fits(design.stratum) || !fits(design.covariate) || !fits(design.donor))
    throw std::logic_error("a design does not have a label or value for every lot");
  if (std::ranges::any_of(covariate_, [](double v) { return std::isinf(v); }))
    throw UsageError("the covariate is infinite for some lot");
  std::map<std::string, std::int32_t> number;
  for (const auto& label : design.stratum)
    stratum_.push_back(number.try_emplace(label, static_cast<std::int32_t>(number.size())).first->second);
  for (const auto lot : kept)
    if ((stratum_.empty() || !design.stratum[lot].empty()) && (covariate_.empty() || !std::isnan(covariate_[lot])))
      lots_.push_back(lot);
}

Lots LotDesign::lots_with(const Outcome& outcome) const {
  Lots with;
  std::ranges::copy_if(lots_, std::back_inserter(with), [&](auto lot) { return !std::isnan(outcome.value[lot]); });
  return with;
}

std::vector<std::int32_t> LotDesign::strata_of(std::span<const std::int32_t> lots) const {
  std::vector<std::int32_t> labels;
  if (stratified())
    for (const auto lot : lots) labels.push_back(stratum_[lot]);
  return labels;
}

std::int32_t LotDesign::n_strata(std::span<const std::int32_t> lots) const {
  const auto labels = strata_of(lots);
  return stratified() ? static_cast<std::int32_t>(std::set<std::int32_t>(labels.begin(), labels.end()).size()) : 1;
}

bool LotDesign::has_single_lot(std::span<const std::int32_t> lots) const {
  const auto labels = strata_of(lots);
  return std::ranges::any_of(labels, [&](auto label) { return std::ranges::count(labels, label) == 1; });
}

std::int32_t LotDesign::n_fitted(std::span<const std::int32_t> lots) const {
  return std::max(0, n_strata(lots) - 1) + (adjusted() ? 1 : 0);
}

std::vector<std::int32_t> LotDesign::covariate_ranks(std::span<const std::int32_t> lots) const {
  if (!adjusted()) return {};
  std::vector<double> values;
  for (const auto lot : lots) values.push_back(covariate_[lot]);
  return stats::doubled_mid_ranks(values);
}

std::vector<std::int32_t> LotDesign::ranks(std::span<const double> values, std::span<const std::int32_t> lots) const {
  return stats::doubled_mid_ranks(aligned() ? aligned_values(values, strata_of(lots))
                                            : std::vector<double>(values.begin(), values.end()));
}

LotDesign::Correlation LotDesign::correlate(std::span<const double> x, std::span<const double> y,
                                            std::span<const std::int32_t> lots) const {
  const auto rank_x = ranks(x, lots), rank_y = ranks(y, lots);
  if (adjusted())
    return {.rho = permutation::partial_rank_correlation(rank_x, rank_y, covariate_ranks(lots), strata_of(lots))};
  return {stats::spearman_s(rank_x, rank_y), stats::spearman_rho(rank_x, rank_y)};
}

bool constant(std::span<const double> values) {
  return std::ranges::all_of(values, [&](double v) { return v == values.front(); });
}

}  // namespace miura::association
