#include "miura/permutation/forecast.hpp"

#include <algorithm>

#include "miura/permutation/relabelings.hpp"
#include "miura/stats/ranks.hpp"
#include "permutation/drawn_relabelings.hpp"

namespace miura::permutation {

namespace {

bool have_one_norm(const RankTests& tests) {
  const auto norm = [&](std::int64_t i) {
    return stats::spearman_s(tests.x(i), tests.x(i)) * stats::spearman_s(tests.y(i), tests.y(i));
  };
  for (std::int64_t i = 1; i < tests.size(); ++i)
    if (norm(i) != norm(0)) return false;
  return true;
}

/// One outcome that is its own negative read backwards: half of the relabelings tell all.
bool mirrors_itself(const RankTests& tests, const Options& options) {
  if (options.side != Side::two_sided || !tests.stratum.empty()) return false;
  auto outcome = tests.outcome;
  std::ranges::sort(outcome);
  for (std::int32_t l = 0; l < tests.n_lots; ++l)
    if (std::ssize(outcome) != tests.n_lots || outcome[l] + outcome[tests.n_lots - 1 - l] != 0) return false;
  return true;
}

}  // namespace

double seconds_of_drawn_test(std::int32_t n_lots) {
  return 0.5e-9 + n_lots * (n_lots <= most_lots_in_pairs ? 0.02e-9 : 0.1e-9);
}

double forecast_core_seconds(const RankTests& tests, const Options& options) {
  const Relabelings relabelings(tests.n_lots, tests.stratum, options);
  const auto n_relabelings = static_cast<double>(relabelings.size());
  const auto n_pairs = static_cast<double>(tests.size()) * n_relabelings;
  if (!relabelings.exact()) return n_pairs * seconds_of_drawn_test(tests.n_lots);
  const bool one_norm = have_one_norm(tests);
  const auto tiles = n_relabelings / 256 * 250e-9;  // the first tests, all of which are compared
  return (n_pairs * (one_norm ? 0.017e-9 : 0.031e-9) + tiles) * (mirrors_itself(tests, options) ? 0.5 : 1.0);
}

}  // namespace miura::permutation
