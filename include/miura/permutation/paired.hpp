#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/permutation/two_sample.hpp"

namespace miura::permutation {

/// Of the differences within pairs, group 1 less group 0.
enum class Paired {
  t,            ///< mean over its standard error
  signed_rank,  ///< Wilcoxon's sum of signed mid-ranks of |difference|, standardized; no difference counts 0 (Pratt)
};

/// Two lots, one of each group.
struct LotPair {
  std::int32_t zero = -1, one = -1;
};
/// Pairs in the order of their first lot. `group`: 0 or 1 a lot; `pair`: a label a lot. UsageError for a pair that does
/// not have exactly one lot in each group.
std::vector<LotPair> pairs_of(std::span<const std::int32_t> group, std::span<const std::int32_t> pair);

/// Westfall & Young's maxT of paired lots: under the null hypothesis the two lots of a pair change places
/// independently of other pairs. All 2^pairs labelings where they are not more than would be drawn, else drawn ones.
/// `feature`: n_features x n_lots, replicated; `group`: 0 or 1 a lot; `pair`: a label a lot, each there once in each
/// group, two pairs at least (UsageError else). A feature without any difference is NaN and counts nowhere.
/// Collective; same bits on any layout. About 2 ns a labeling, feature and lot.
TwoSampleResult paired_max_t(MPI_Comm comm, std::span<const double> feature, std::span<const std::int32_t> group,
                             std::span<const std::int32_t> pair, Paired statistic, const Options& options);

}  // namespace miura::permutation
