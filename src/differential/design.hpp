#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/differential/two_groups.hpp"
#include "miura/permutation/paired.hpp"

namespace miura::differential {

/// The statistic of a permutation test, without pairs and with them.
permutation::TwoSample two_sample_of(Test test);
permutation::Paired paired_of(Test test);

/// UsageError for a design that does not fit the table or has an empty group.
void check(const Design& design, std::int32_t n_samples);

/// The samples that are compared, and what is known of each.
struct Compared {
  std::vector<std::int32_t> sample;         ///< of the table, ascending
  std::vector<std::int32_t> group;          ///< 0 or 1
  std::vector<std::int32_t> pair;           ///< empty: unpaired
  std::vector<permutation::LotPair> pairs;  ///< by place in these lists

  bool paired() const noexcept { return !pair.empty(); }
};
Compared compared_samples(const Design& design);
/// Those that have a value in a row of the table; of pairs, both.
Compared known_samples(std::span<const double> row, const Compared& compared);

/// Rows of a table that have values of the same samples.
struct ProbesOfSamples {
  Compared known;
  std::vector<std::int64_t> probe;
};
/// Of the marked rows of the table, in the order in which their samples come first.
std::vector<ProbesOfSamples> probes_by_samples(const matrix::Measurements& table, const Compared& compared,
                                               std::span<const std::uint8_t> marked);
/// Values of the known samples in these rows: rows x samples, behind what is there.
void append_values(const matrix::Measurements& table, const Compared& known, std::span<const std::int64_t> rows,
                   std::vector<double>& values);

/// Means of the samples called 0 and 1, over those that have a value; of pairs, over complete ones.
struct GroupMeans {
  std::int32_t n0 = 0, n1 = 0;
  double mean0 = not_computed, mean1 = not_computed;
  bool constant = true;  ///< all values are equal; of pairs: in every pair
};
/// `row`: a value for every sample of the table; `label`: of every compared sample.
GroupMeans group_means(std::span<const double> row, const Compared& compared, std::span<const std::int32_t> label);

}  // namespace miura::differential
