#include "miura/normalize/measurements.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace miura::normalize {

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Values of a sample that are there, by size.
struct Sorted {
  std::vector<std::int64_t> feature;
  std::vector<double> value;
};

Sorted sorted_sample(const matrix::Measurements& table, std::int32_t sample) {
  Sorted sorted;
  const auto value = [&](std::int64_t f) { return table.of(f)[sample]; };
  for (std::int64_t f = 0; f < table.n_features(); ++f)
    if (!std::isnan(value(f))) sorted.feature.push_back(f);
  std::ranges::stable_sort(sorted.feature, {}, value);
  for (const auto f : sorted.feature) sorted.value.push_back(value(f));
  return sorted;
}

/// Of ascending values, at a place between 0 and 1.
double value_at(std::span<const double> sorted, double place) {
  const double at = place * static_cast<double>(std::ssize(sorted) - 1);
  const auto low = std::min(static_cast<std::int64_t>(at), std::ssize(sorted) - 1);
  const auto high = std::min(low + 1, std::ssize(sorted) - 1);
  const double share = at - static_cast<double>(low);
  return share == 0.0 ? sorted[low] : sorted[low] + share * (sorted[high] - sorted[low]);
}

double place_of(double rank, std::int64_t n) { return n < 2 ? 0.5 : rank / static_cast<double>(n - 1); }

double median_of(std::vector<double> values) {
  std::ranges::sort(values);
  const auto n = std::ssize(values);
  return n % 2 != 0 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

}  // namespace

void log2_transform(matrix::Measurements& table, const Where& where) {
  for (std::int64_t f = 0; f < table.n_features(); ++f)
    for (std::int32_t s = 0; s < table.n_samples(); ++s) {
      auto& value = table.value[f * table.n_samples() + s];
      if (value < 0.0)
        throw InputError({where.file, where.row, table.sample[s]},
                         "feature " + table.feature[f] + " is negative: log2 needs counts or intensities");
      value = std::log2(value + 1.0);
    }
}

std::vector<double> quantile_reference(const matrix::Measurements& table) {
  const auto n = table.n_features();
  std::vector<double> sum(n);
  std::int32_t n_samples = 0;
  for (std::int32_t s = 0; s < table.n_samples(); ++s) {
    const auto sorted = sorted_sample(table, s);
    if (sorted.value.empty()) continue;
    ++n_samples;
    const bool complete = std::ssize(sorted.value) == n;
    for (std::int64_t i = 0; i < n; ++i)
      sum[i] += complete ? sorted.value[i] : value_at(sorted.value, place_of(static_cast<double>(i), n));
  }
  if (n_samples == 0) return {};
  for (auto& v : sum) v /= n_samples;
  return sum;
}

void quantile_normalize(matrix::Measurements& table, std::span<const double> reference) {
  if (reference.empty()) return;
  for (std::int32_t s = 0; s < table.n_samples(); ++s) {
    const auto sorted = sorted_sample(table, s);
    const auto n = std::ssize(sorted.value);
    for (std::int64_t first = 0; first < n;) {
      auto end = first + 1;
      while (end < n && sorted.value[end] == sorted.value[first]) ++end;
      const double rank = static_cast<double>(first + end - 1) / 2;
      const double value = value_at(reference, place_of(rank, n));
      for (auto i = first; i < end; ++i) table.value[sorted.feature[i] * table.n_samples() + s] = value;
      first = end;
    }
  }
}

void delta_ct(matrix::Measurements& table, const CtOptions& options, const Where& where) {
  std::vector<std::int64_t> references, others;
  for (const auto& gene : options.reference_genes)
    if (std::ranges::find(table.feature, gene) == table.feature.end())
      throw InputError(where, "has no reference gene " + gene);
  for (std::int64_t f = 0; f < table.n_features(); ++f) {
    const bool is_reference =
        std::ranges::find(options.reference_genes, table.feature[f]) != options.reference_genes.end();
    (is_reference ? references : others).push_back(f);
  }
  const auto detected = [&](double ct) { return !std::isnan(ct) && ct < options.undetected_ct; };
  for (std::int32_t s = 0; s < table.n_samples(); ++s) {
    double sum = 0.0;
    int n = 0;
    for (const auto f : references)
      if (const double ct = table.of(f)[s]; detected(ct)) sum += ct, ++n;
    if (n == 0) throw InputError({where.file, where.row, table.sample[s]}, "no reference gene was detected");
    for (const auto f : others) {
      auto& value = table.value[f * table.n_samples() + s];
      value = sum / n - (detected(value) ? value : options.undetected_ct);
    }
  }
  table = select_features(table, others);
}

std::vector<std::int64_t> expressed(const matrix::Measurements& table, double least) {
  std::vector<std::int64_t> kept;
  for (std::int64_t f = 0; f < table.n_features(); ++f) {
    std::vector<double> values;
    std::ranges::copy_if(table.of(f), std::back_inserter(values), [](double v) { return !std::isnan(v); });
    if (!values.empty() && median_of(std::move(values)) >= least) kept.push_back(f);
  }
  return kept;
}

matrix::Measurements select_features(const matrix::Measurements& table, std::span<const std::int64_t> features) {
  matrix::Measurements selected{.feature = {}, .sample = table.sample, .value = {}};
  for (const auto f : features) {
    selected.feature.push_back(table.feature[f]);
    selected.value.insert(selected.value.end(), table.of(f).begin(), table.of(f).end());
  }
  return selected;
}

matrix::Measurements mean_by_name(const matrix::Measurements& table, std::span<const std::string> name) {
  std::map<std::string, std::vector<std::int32_t>> samples_of;
  for (std::int32_t s = 0; s < table.n_samples(); ++s)
    if (!name[s].empty()) samples_of[name[s]].push_back(s);
  matrix::Measurements joined{.feature = table.feature, .sample = {}, .value = {}};
  for (const auto& [its_name, samples] : samples_of) joined.sample.push_back(its_name);
  for (std::int64_t f = 0; f < table.n_features(); ++f)
    for (const auto& [its_name, samples] : samples_of) {
      double sum = 0.0;
      int n = 0;
      for (const auto s : samples)
        if (const double v = table.of(f)[s]; !std::isnan(v)) sum += v, ++n;
      joined.value.push_back(n == 0 ? missing : sum / n);
    }
  return joined;
}

}  // namespace miura::normalize
