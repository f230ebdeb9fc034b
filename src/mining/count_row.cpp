#include "mining/count_row.hpp"

#include <cmath>
#include <limits>

namespace miura::mining {

namespace {

/// As if all tests were independent of each other: of any test of each term, of all terms, of either direction.
double independent_chance(const JointTests& joint, const permutation::HitRule& rule, std::int64_t unit) {
  double all = 1.0;
  for (std::int64_t t = 0; t < rule.n_terms(unit); ++t) {
    double none = 1.0;
    for (const auto& wanted : rule.term(unit, t)) none *= 1.0 - joint.chance_of_hit(wanted.test);
    all *= 1.0 - none;
  }
  return rule.either_direction() ? 2.0 * all : all;
}

}  // namespace

CountRow untested_row(const std::string& kind, const std::string& name, std::int64_t n_lines) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  return {.kind = kind,
          .name = name,
          .measurement = {},
          .rule = {},
          .n_lines = static_cast<std::int32_t>(n_lines),
          .null_mean = unknown,
          .null_sd = unknown,
          .p = unknown,
          .perm_type = {},
          .independent_mean = unknown,
          .independent_sd = unknown,
          .status = "NOT_TESTED"};
}

void fill(CountRow& row, const permutation::HitCounts& counts, const permutation::HitCount& count,
          const JointTests& joint, const permutation::HitRule& rule) {
  row.n_lines = joint.n_lines();
  row.n_units = rule.n_units();
  row.observed = count.observed;
  row.null_mean = count.mean();
  row.null_sd = count.standard_deviation();
  row.null_95 = count.quantile(0.95);
  row.p = count.p();
  row.n_perm = counts.n_relabelings;
  row.perm_type = counts.exact ? "exact" : "mc";
  row.status = joint.n_lines() < 5 ? "LOW_N" : "OK";
  double variance = 0.0;
  row.independent_mean = 0.0;
  for (std::int64_t u = 0; u < rule.n_units(); ++u) {
    const double chance = independent_chance(joint, rule, u);
    row.independent_mean += chance;
    variance += chance * (1.0 - chance);
  }
  row.independent_sd = std::sqrt(variance);
}

}  // namespace miura::mining
