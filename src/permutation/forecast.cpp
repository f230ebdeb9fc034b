#include "miura/permutation/forecast.hpp"

#include <algorithm>

#include "miura/permutation/relabelings.hpp"
#include "miura/stats/ranks.hpp"

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

}  // namespace

double forecast_core_seconds(const RankTests& tests, const Options& options) {
  const Relabelings relabelings(tests.n_lots, tests.stratum, options);
  const auto n_pairs = static_cast<double>(tests.size()) * static_cast<double>(relabelings.size());
  const bool one_norm = have_one_norm(tests);
  if (!relabelings.exact()) return n_pairs * tests.n_lots * (one_norm ? 0.1e-9 : 0.2e-9);
  const auto n_tiles = static_cast<double>(relabelings.size()) / 256;  // which cost something even with few tests
  return n_pairs * (one_norm ? 0.017e-9 : 0.035e-9) + n_tiles * 20e-9;
}

}  // namespace miura::permutation
