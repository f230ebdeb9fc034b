#include "differential/design.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <utility>

#include "miura/base/error.hpp"

namespace miura::differential {

permutation::TwoSample two_sample_of(Test test) {
  using permutation::TwoSample;
  return test == Test::t ? TwoSample::t : test == Test::welch ? TwoSample::welch : TwoSample::wilcoxon;
}

permutation::Paired paired_of(Test test) {
  return test == Test::t ? permutation::Paired::t : permutation::Paired::signed_rank;
}

void check(const Design& design, std::int32_t n_samples) {
  if (std::ssize(design.group) != n_samples || (!design.pair.empty() && std::ssize(design.pair) != n_samples))
    throw std::logic_error("a design does not have an entry for every sample");
  for (const std::int32_t g : {0, 1})
    if (std::ranges::count(design.group, g) == 0) throw UsageError(fmt::format("group {} has no sample", g));
}

Compared compared_samples(const Design& design) {
  Compared compared;
  for (std::int32_t s = 0; s < std::ssize(design.group); ++s) {
    if (design.group[s] < 0) continue;
    compared.sample.push_back(s);
    compared.group.push_back(design.group[s]);
    if (!design.pair.empty()) compared.pair.push_back(design.pair[s]);
  }
  if (compared.paired()) compared.pairs = permutation::pairs_of(compared.group, compared.pair);
  return compared;
}

Compared known_samples(std::span<const double> row, const Compared& compared) {
  std::vector<std::uint8_t> known;
  for (const auto s : compared.sample) known.push_back(std::isnan(row[s]) ? 0 : 1);
  for (const auto& pair : compared.pairs) known[pair.zero] = known[pair.one] = known[pair.zero] & known[pair.one];
  Compared kept;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i] == 0) continue;
    kept.sample.push_back(compared.sample[i]);
    kept.group.push_back(compared.group[i]);
    if (compared.paired()) kept.pair.push_back(compared.pair[i]);
  }
  if (kept.paired()) kept.pairs = permutation::pairs_of(kept.group, kept.pair);
  return kept;
}

std::vector<ProbesOfSamples> probes_by_samples(const matrix::Measurements& table, const Compared& compared,
                                               std::span<const std::uint8_t> marked) {
  std::vector<ProbesOfSamples> groups;
  std::map<std::vector<std::int32_t>, std::int64_t> group_of;
  for (std::int64_t f = 0; f < table.n_features(); ++f) {
    if (marked[f] == 0) continue;
    auto known = known_samples(table.of(f), compared);
    const auto [at, is_new] = group_of.try_emplace(known.sample, std::ssize(groups));
    if (is_new) groups.push_back({std::move(known), {}});
    groups[at->second].probe.push_back(f);
  }
  return groups;
}

void append_values(const matrix::Measurements& table, const Compared& known, std::span<const std::int64_t> rows,
                   std::vector<double>& values) {
  for (const auto f : rows)
    for (const auto sample : known.sample) values.push_back(table.of(f)[sample]);
}

namespace {

/// Sums of what is known; a pair counts where both are.
struct Sums {
  double sum[2] = {0.0, 0.0};
  std::int32_t n[2] = {0, 0};
  bool constant = true;
};

Sums sums_of_groups(std::span<const double> row, const Compared& compared, std::span<const std::int32_t> label) {
  Sums sums;
  double first = not_computed;
  for (std::size_t i = 0; i < compared.sample.size(); ++i) {
    const double x = row[compared.sample[i]];
    if (std::isnan(x)) continue;
    if (std::isnan(first)) first = x;
    sums.constant = sums.constant && x == first;
    sums.sum[label[i]] += x;
    ++sums.n[label[i]];
  }
  return sums;
}

Sums sums_of_pairs(std::span<const double> row, const Compared& compared, std::span<const std::int32_t> label) {
  Sums sums;
  for (const auto& pair : compared.pairs) {
    const double x[2] = {row[compared.sample[pair.zero]], row[compared.sample[pair.one]]};
    if (std::isnan(x[0]) || std::isnan(x[1])) continue;
    sums.constant = sums.constant && x[0] == x[1];
    sums.sum[label[pair.zero]] += x[0];
    sums.sum[label[pair.one]] += x[1];
    for (auto& n : sums.n) ++n;
  }
  return sums;
}

}  // namespace

GroupMeans group_means(std::span<const double> row, const Compared& compared, std::span<const std::int32_t> label) {
  const auto sums = compared.paired() ? sums_of_pairs(row, compared, label) : sums_of_groups(row, compared, label);
  GroupMeans means{.n0 = sums.n[0], .n1 = sums.n[1], .constant = sums.constant};
  if (means.n0 > 0) means.mean0 = sums.sum[0] / means.n0;
  if (means.n1 > 0) means.mean1 = sums.sum[1] / means.n1;
  return means;
}

}  // namespace miura::differential
