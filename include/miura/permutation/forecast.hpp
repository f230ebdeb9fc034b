#pragma once

#include "miura/permutation/rank_tests.hpp"

namespace miura::permutation {

/// Seconds of one core that max_t is going to take, by the rates of docs/methods/permutation.md (one core with
/// AVX-512): for a word to the user before a long enumeration, not for decisions. Divide by ranks x threads. Not
/// collective.
double forecast_core_seconds(const RankTests& tests, const Options& options);

/// Of one test under one relabeling that is drawn, by rank correlation.
double seconds_of_drawn_test(std::int32_t n_lots);

}  // namespace miura::permutation
