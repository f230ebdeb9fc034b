#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/permutation/rank_tests.hpp"

namespace miura::permutation {

/// Of group 1 less group 0.
enum class TwoSample {
  t,         ///< Student's, of pooled variance (multtest: t.equalvar)
  welch,     ///< Welch's (multtest: t)
  wilcoxon,  ///< rank sum of mid-ranks, standardized without correction for ties (multtest: wilcoxon)
};

/// One entry a feature. A labeling is a choice of the lots that are called group 1.
struct TwoSampleResult {
  std::int64_t n_labelings = 0;  ///< C(n, n_1), or the drawn ones and the observed one: p = count / n_labelings
  bool exact = false;
  std::vector<double> t;                  ///< the statistic; NaN for a constant feature, which counts nowhere
  std::vector<std::int64_t> raw;          ///< labelings as extreme by options.side, each feature by itself
  std::vector<std::int64_t> single_step;  ///< those whose most extreme feature is as extreme as this one
  std::vector<std::int64_t> step_down;    ///< the same over the features not more extreme than this one, made monotone

  double p(std::int64_t count) const { return static_cast<double>(count) / static_cast<double>(n_labelings); }
};

/// Westfall & Young's maxT of a binary outcome (Dudoit, Shaffer & Boldrick 2003; multtest: mt.maxT). All C(n, n_1)
/// labelings where they are not more than would be drawn, else drawn ones: number b is relabeling b of Relabelings.
/// Statistics that differ by less than 1e-12 are equal.
/// `feature`: n_features x n_lots, replicated; `group`: 0 or 1 a lot, at least two of each. Throws UsageError else.
/// Collective; labelings are dealt over ranks and threads. Sums run over the lots in their order, so that the result
/// has the same bits on any layout. About 2 ns a labeling, feature and lot.
TwoSampleResult two_sample_max_t(MPI_Comm comm, std::span<const double> feature, std::span<const std::int32_t> group,
                                 TwoSample statistic, const Options& options);

/// The same by the smallest p (multtest: mt.minP; Ge, Dudoit & Speed 2003, Test 12:1), where features of equal p are in
/// the order of their statistic.
struct TwoSampleMinP : TwoSampleResult {
  /// Labelings with a smaller p over the features with no smaller p than this one, and one for those with an equal p;
  /// made monotone (multtest: plower).
  std::vector<std::int64_t> step_down_lower;
};

/// Memory: 32 MB, and 4 bytes a labeling and lot. Some 10 ns a labeling, feature and lot. Collective; features are
/// dealt over ranks and threads.
TwoSampleMinP two_sample_min_p(MPI_Comm comm, std::span<const double> feature, std::span<const std::int32_t> group,
                               TwoSample statistic, const Options& options);

}  // namespace miura::permutation
