#include "differential/moderated_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
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

ModeratedFit::ModeratedFit(const matrix::Measurements& table, const Compared& compared) : paired_(compared.paired()) {
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
  for (auto* values : {&found.difference, &found.variance, &found.t}) values->resize(n_probes());
  found.df.assign(patterns_.size(), 0.0);
  found.unscaled.assign(patterns_.size(), 0.0);
  found.df_pooled = 0.0;
  std::vector<VarianceBlock> blocks;
  for (std::size_t p = 0; p < patterns_.size(); ++p) {
    const auto& pattern = patterns_[p];
    const auto n = static_cast<double>(pattern.one.size());
    const auto n1 = static_cast<double>(
        std::ranges::count_if(pattern.one, [&](std::int32_t sample) { return label[sample] == 1; }));
    if (paired_ ? n < 2.0 : n < 3.0 || n1 == 0.0 || n1 == n) continue;
    found.df[p] = paired_ ? n - 1.0 : n - 2.0;
    found.unscaled[p] = paired_ ? 1.0 / n : 1.0 / (n - n1) + 1.0 / n1;
    for (auto first = pattern.first; first < pattern.end; first += tile_size) {
      const Tile tile{first, std::min(first + tile_size, pattern.end)};
      if (paired_)
        fit_pairs(pattern, label, tile, found.df[p], found);
      else
        fit_groups(pattern, label, tile, found.df[p], found);
    }
    const auto size = pattern.end - pattern.first;
    blocks.push_back({std::span(found.variance).subspan(pattern.first, size), found.df[p]});
    found.df_pooled += found.df[p] * static_cast<double>(size);
  }
  found.prior = fit_variance_prior(blocks, found.work);
  moderate(found);
}

void ModeratedFit::fit_groups(const Pattern& pattern, std::span<const std::int32_t> label, Tile tile, double df,
                              Fit& found) const {
  const auto size = pattern.end - pattern.first, n_tile = tile.end - tile.first;
  double n[2] = {0.0, 0.0};
  std::array<std::array<double, tile_size>, 2> mean{};
  const auto values = [&](std::size_t k) {
    return value_.data() + pattern.value_at + static_cast<std::int64_t>(k) * size + (tile.first - pattern.first);
  };
  for (std::size_t k = 0; k < pattern.one.size(); ++k) {
    const auto g = label[pattern.one[k]];
    n[g] += 1.0;
    const double* x = values(k);
    for (std::int64_t i = 0; i < n_tile; ++i) mean[g][i] += x[i];
  }
  double *difference = found.difference.data() + tile.first, *variance = found.variance.data() + tile.first;
  for (std::int64_t i = 0; i < n_tile; ++i) {
    mean[0][i] /= n[0];
    mean[1][i] /= n[1];
    difference[i] = mean[1][i] - mean[0][i];
    variance[i] = 0.0;
  }
  for (std::size_t k = 0; k < pattern.one.size(); ++k) {
    const double *x = values(k), *of_group = mean[label[pattern.one[k]]].data();
    for (std::int64_t i = 0; i < n_tile; ++i) variance[i] += (x[i] - of_group[i]) * (x[i] - of_group[i]);
  }
  for (std::int64_t i = 0; i < n_tile; ++i) variance[i] /= df;
}

void ModeratedFit::fit_pairs(const Pattern& pattern, std::span<const std::int32_t> label, Tile tile, double df,
                             Fit& found) const {
  const auto size = pattern.end - pattern.first, n_tile = tile.end - tile.first;
  const auto sign = [&](std::size_t k) { return label[pattern.one[k]] == 1 ? 1.0 : -1.0; };
  const auto differences = [&](std::size_t k) {
    return value_.data() + pattern.value_at + static_cast<std::int64_t>(k) * size + (tile.first - pattern.first);
  };
  double *difference = found.difference.data() + tile.first, *variance = found.variance.data() + tile.first;
  std::fill_n(difference, n_tile, 0.0);
  std::fill_n(variance, n_tile, 0.0);
  for (std::size_t k = 0; k < pattern.one.size(); ++k) {
    const double* d = differences(k);
    for (std::int64_t i = 0; i < n_tile; ++i) difference[i] += sign(k) * d[i];
  }
  for (std::int64_t i = 0; i < n_tile; ++i) difference[i] /= static_cast<double>(pattern.one.size());
  for (std::size_t k = 0; k < pattern.one.size(); ++k) {
    const double* d = differences(k);
    for (std::int64_t i = 0; i < n_tile; ++i)
      variance[i] += (sign(k) * d[i] - difference[i]) * (sign(k) * d[i] - difference[i]);
  }
  for (std::int64_t i = 0; i < n_tile; ++i) variance[i] /= df;
}

double ModeratedFit::df_of_pattern(std::int64_t pattern, const Fit& found) const noexcept {
  if (found.df[pattern] == 0.0) return not_computed;
  return std::min(found.df[pattern] + found.prior.df, found.df_pooled);
}

void ModeratedFit::moderate(Fit& found) const {
  for (std::int64_t p = 0; p < std::ssize(patterns_); ++p) {
    const auto first = patterns_[p].first, end = patterns_[p].end;
    if (found.df[p] == 0.0) {
      std::fill(found.t.begin() + first, found.t.begin() + end, 0.0);
      continue;
    }
    const double df = found.df[p], unscaled = found.unscaled[p];
    for (auto i = first; i < end; ++i)
      found.t[i] = found.difference[i] / std::sqrt(posterior_variance(found.prior, found.variance[i], df) * unscaled);
  }
}

std::vector<double> ModeratedFit::critical_values(double p, const Fit& found, permutation::Side side) const {
  std::vector<double> critical;
  for (std::int64_t k = 0; k < std::ssize(patterns_); ++k)
    critical.push_back(found.df[k] > 0.0 ? critical_t(p, df_of_pattern(k, found), side)
                                         : std::numeric_limits<double>::infinity());
  return critical;
}

std::vector<std::int64_t> ModeratedFit::significant(const Fit& found, const HitRule& rule, permutation::Side side,
                                                    std::int64_t family_size) const {
  const auto extreme = [&](std::int64_t i) {
    return side == permutation::Side::two_sided ? std::abs(found.t[i])
           : side == permutation::Side::greater ? found.t[i]
                                                : -found.t[i];
  };
  auto critical = critical_values(rule.alpha, found, side);
  std::vector<std::int64_t> places;
  for (std::int64_t k = 0; k < std::ssize(patterns_); ++k)
    for (auto i = patterns_[k].first; i < patterns_[k].end; ++i)
      if (extreme(i) >= critical[k]) places.push_back(i);
  if (rule.by == HitRule::By::p) return places;
  // Benjamini & Hochberg's k, the largest with p_(k) <= alpha k / m, is the largest fixed point of
  // k -> #{p <= alpha k / m}: it is reached from above without a sort.
  for (std::size_t before = 0; !places.empty() && before != places.size();) {
    before = places.size();
    critical =
        critical_values(rule.alpha * static_cast<double>(before) / static_cast<double>(family_size), found, side);
    std::erase_if(places, [&](std::int64_t i) { return !(extreme(i) >= critical[pattern_of_[i]]); });
  }
  return places;
}

std::vector<std::int64_t> ModeratedFit::most_extreme(Fit& found, std::int64_t k, double sign) const {
  if (k == 0) return {};
  std::vector<std::int64_t> places;
  for (const double cut : {2.0, -std::numeric_limits<double>::infinity()}) {  // few are above 2, and mostly enough
    places.clear();
    for (std::int64_t i = 0; i < n_probes(); ++i)
      if (sign * found.t[i] >= cut) places.push_back(i);
    if (std::ssize(places) >= k) break;
  }
  found.work.clear();
  for (const auto i : places) found.work.push_back(sign * found.t[i]);
  const auto kth = found.work.begin() + k - 1;
  std::ranges::nth_element(found.work, kth, std::ranges::greater{});
  std::erase_if(places, [&, least = *kth](std::int64_t i) { return sign * found.t[i] < least; });
  return places;
}

}  // namespace miura::differential
