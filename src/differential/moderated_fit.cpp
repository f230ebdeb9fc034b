#include "differential/moderated_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <string>


namespace miura::differential {

namespace {

/// A pair; an unpaired sample is one with itself. Places in Compared.
std::vector<permutation::LotPair> units_of(const Compared& compared) {
  if (compared.paired()) return compared.pairs;
  std::vector<permutation::LotPair> units;
  for (std::int32_t i = 0; i < std::ssize(compared.sample); ++i) units.push_back({i, i});
  return units;
}

}  // namespace

ModeratedFit::ModeratedFit(const matrix::Measurements& table, const Compared& compared)
    : paired_(compared.paired()) {
  const auto units = units_of(compared);
  const auto value = [&](std::int64_t f, std::int32_t place) { return table.of(f)[compared.sample[place]]; };
  std::map<std::string, std::vector<std::int64_t>> probes_of;  // by which units have a value, a word of 0 and 1
  std::string known(units.size(), '0');
  for (std::int64_t f = 0; f < table.n_features(); ++f) {
    for (std::size_t u = 0; u < units.size(); ++u)
      known[u] = std::isnan(value(f, units[u].zero)) || std::isnan(value(f, units[u].one)) ? '0' : '1';
    probes_of[known].push_back(f);
  }
  std::int64_t n_values = 0;
  for (const auto& [word, probes] : probes_of) n_values += std::ranges::count(word, '1') * std::ssize(probes);
  value_.reserve(n_values);
  for (const auto& [word, probes] : probes_of) {
    Pattern pattern{.one = {},
                    .zero = {},
                    .first = n_probes(),
                    .end = n_probes() + std::ssize(probes),
                    .value_at = std::ssize(value_)};
    for (std::size_t u = 0; u < units.size(); ++u) {
      if (word[u] == '0') continue;
      pattern.one.push_back(units[u].one);
      pattern.zero.push_back(units[u].zero);
      for (const auto f : probes)
        value_.push_back(paired_ ? value(f, units[u].one) - value(f, units[u].zero) : value(f, units[u].one));
    }
    probe_.insert(probe_.end(), probes.begin(), probes.end());
    pattern_of_.insert(pattern_of_.end(), probes.size(), static_cast<std::int32_t>(patterns_.size()));
    patterns_.push_back(std::move(pattern));
  }
}

void ModeratedFit::fit(std::span<const std::int32_t> label, Fit& found) const {
  for (auto* values : {&found.difference, &found.variance, &found.mean[0], &found.mean[1]}) values->resize(n_probes());
  found.df.assign(patterns_.size(), 0.0);
  found.unscaled.assign(patterns_.size(), 0.0);
  found.df_pooled = 0.0;
  std::vector<VarianceBlock> blocks;
  for (std::int64_t p = 0; p < std::ssize(patterns_); ++p) {
    if (paired_)
      fit_pairs(p, label, found);
    else
      fit_groups(p, label, found);
    const auto size = patterns_[p].end - patterns_[p].first;
    blocks.push_back({std::span(found.variance).subspan(patterns_[p].first, size), found.df[p]});
    found.df_pooled += found.df[p] * static_cast<double>(size);
  }
  found.prior = fit_variance_prior(blocks, found.work);
}

void ModeratedFit::fit_groups(std::int64_t pattern, std::span<const std::int32_t> label, Fit& found) const {
  const auto& [samples, same_samples, first, end, value_at] = patterns_[pattern];
  double n[2] = {0.0, 0.0};
  for (const auto s : samples) n[label[s]] += 1.0;
  if (n[0] < 1.0 || n[1] < 1.0 || n[0] + n[1] < 3.0) return;
  found.df[pattern] = n[0] + n[1] - 2.0;
  found.unscaled[pattern] = 1.0 / n[0] + 1.0 / n[1];
  const auto size = end - first;
  for (const int g : {0, 1}) std::fill_n(found.mean[g].begin() + first, size, 0.0);
  for (std::size_t k = 0; k < samples.size(); ++k) {
    const double* x = value_.data() + value_at + static_cast<std::int64_t>(k) * size;
    double* sum = found.mean[label[samples[k]]].data() + first;
    for (std::int64_t i = 0; i < size; ++i) sum[i] += x[i];
  }
  double *mean0 = found.mean[0].data() + first, *mean1 = found.mean[1].data() + first;
  double *difference = found.difference.data() + first, *variance = found.variance.data() + first;
  for (std::int64_t i = 0; i < size; ++i) {
    mean0[i] /= n[0];
    mean1[i] /= n[1];
    difference[i] = mean1[i] - mean0[i];
    variance[i] = 0.0;
  }
  for (std::size_t k = 0; k < samples.size(); ++k) {
    const double* x = value_.data() + value_at + static_cast<std::int64_t>(k) * size;
    const double* mean = found.mean[label[samples[k]]].data() + first;
    for (std::int64_t i = 0; i < size; ++i) variance[i] += (x[i] - mean[i]) * (x[i] - mean[i]);
  }
  for (std::int64_t i = 0; i < size; ++i) variance[i] /= found.df[pattern];
}

void ModeratedFit::fit_pairs(std::int64_t pattern, std::span<const std::int32_t> label, Fit& found) const {
  const auto& [ones, zeros, first, end, value_at] = patterns_[pattern];
  const auto n = static_cast<double>(ones.size());
  if (n < 2.0) return;
  found.df[pattern] = n - 1.0;
  found.unscaled[pattern] = 1.0 / n;
  const auto size = end - first;
  const auto sign = [&](std::size_t k) { return label[ones[k]] == 1 ? 1.0 : -1.0; };
  double *difference = found.difference.data() + first, *variance = found.variance.data() + first;
  std::fill_n(difference, size, 0.0);
  std::fill_n(variance, size, 0.0);
  for (std::size_t k = 0; k < ones.size(); ++k) {
    const double* d = value_.data() + value_at + static_cast<std::int64_t>(k) * size;
    for (std::int64_t i = 0; i < size; ++i) difference[i] += sign(k) * d[i];
  }
  for (std::int64_t i = 0; i < size; ++i) difference[i] /= n;
  for (std::size_t k = 0; k < ones.size(); ++k) {
    const double* d = value_.data() + value_at + static_cast<std::int64_t>(k) * size;
    for (std::int64_t i = 0; i < size; ++i)
      variance[i] += (sign(k) * d[i] - difference[i]) * (sign(k) * d[i] - difference[i]);
  }
  for (std::int64_t i = 0; i < size; ++i) variance[i] /= found.df[pattern];
}

double ModeratedFit::df_of_pattern(std::int64_t pattern, const Fit& found) const noexcept {
  if (found.df[pattern] == 0.0) return not_computed;
  return std::min(found.df[pattern] + found.prior.df, found.df_pooled);
}

double ModeratedFit::t(std::int64_t i, const Fit& found) const noexcept {
  const auto pattern = pattern_of_[i];
  if (found.df[pattern] == 0.0) return not_computed;
  const double variance = posterior_variance(found.prior, found.variance[i], found.df[pattern]);
  return found.difference[i] / std::sqrt(variance * found.unscaled[pattern]);
}

void ModeratedFit::keep_below(double p, const Fit& found, permutation::Side side,
                              std::vector<std::int64_t>& places) const {
  std::vector<double> critical;
  for (std::int64_t k = 0; k < std::ssize(patterns_); ++k)
    critical.push_back(found.df[k] > 0.0 ? critical_t(p, df_of_pattern(k, found), side)
                                         : std::numeric_limits<double>::infinity());
  std::erase_if(places, [&](std::int64_t i) {
    const double at = t(i, found);
    const double extreme = side == permutation::Side::two_sided ? std::abs(at)
                           : side == permutation::Side::greater ? at
                                                                : -at;
    return !(extreme >= critical[pattern_of_[i]]);
  });
}

std::vector<std::int64_t> ModeratedFit::significant(const Fit& found, const HitRule& rule, permutation::Side side,
                                                    std::int64_t family_size) const {
  std::vector<std::int64_t> places(n_probes());
  std::iota(places.begin(), places.end(), 0);
  keep_below(rule.alpha, found, side, places);
  if (rule.by == HitRule::By::p) return places;
  // Benjamini & Hochberg's k, the largest with p_(k) <= alpha k / m, is the largest fixed point of
  // k -> #{p <= alpha k / m}: it is reached from above without a sort.
  for (std::size_t before = 0; !places.empty() && before != places.size();) {
    before = places.size();
    keep_below(rule.alpha * static_cast<double>(before) / static_cast<double>(family_size), found, side, places);
  }
  return places;
}

}  // namespace miura::differential
