#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/markers/contrast.hpp"
#include "miura/matrix/pseudobulk.hpp"

namespace miura::markers {

struct LotConsistencyOptions {
  Contrasts contrasts = {};
  double prior_count = 2;       ///< added to the counts of a lot of the cluster's mean depth, as in edgeR
  std::int64_t min_cells = 10;  ///< a lot takes part where the cluster and the rest have so many cells each
  std::int64_t min_total = 15;  ///< a gene is tested where cluster and rest together have so many counts over the lots
  double confidence = 0.95;     ///< of the effect that markers are ranked by
  int exact_up_to = 14;         ///< lots up to which all sign flips are enumerated; never above 24
  std::int64_t draws = 9'999;   ///< beyond: so many drawn ones, and the identity
  std::uint64_t seed = 1;
};

/// Contrasts of clusters, lot by lot. One entry a contrast and gene: contrast x n_genes + gene; replicated. NaN where a
/// gene is not tested or a contrast has no two lots.
struct LotConsistency {
  std::int32_t n_genes = 0;
  std::vector<Contrast> contrast;               ///< as Contrasts::of() tells them
  std::vector<std::int32_t> n_lots;             ///< a contrast: lots that take part
  std::vector<double> p_min;                    ///< a contrast: the smallest p that is possible
  std::vector<std::int32_t> n_higher, n_lower;  ///< lots where the gene's share of the counts is higher, lower inside
  std::vector<double> difference;               ///< mean over lots of the log2 ratio of shares, inside to outside
  std::vector<double> effect;   ///< the end of the difference's confidence interval nearer to 0; 0 where it holds 0
  std::vector<double> p;        ///< sign flips over lots, two-sided, this gene alone
  std::vector<double> p_max_t;  ///< family-wise over the tested genes of the contrast

  std::int64_t at(std::int64_t contrast_number, std::int64_t gene) const noexcept {
    return contrast_number * n_genes + gene;
  }
};

/// Tests over lots whether a cluster expresses a gene more, or less, than the other clusters in the same lot, or than
/// one of them.
///
/// d = log2((y_in / N_in + prior) / (y_out / N_out + prior)) of each lot, y counts of the gene and N of all genes in
/// the lot's cells of the cluster and of the other or others; prior = prior_count / mean N_in. Under no difference each
/// lot's d may change its sign: T = |sum d| / sqrt(sum d^2) (a monotone function of the paired t) over all 2^n flips,
/// and its maximum over genes for the family (Westfall & Young 1993). The effect is that of Harrison et al. (2019),
/// Genome Biol. 20:67: mean d less what t and its standard error allow.
///
/// `lots` marks those that take part. Integers decide (d / sqrt(sum d^2) in units of 2^-26). Collective; the same bits
/// on any layout. Cost: genes x flips additions a contrast, over ranks.
LotConsistency lot_consistency(MPI_Comm comm, const matrix::Pseudobulk& sums, std::span<const std::uint8_t> lots,
                               const LotConsistencyOptions& options);

/// The d of lot_consistency() in each lot. Replicated.
struct LotDifferences {
  std::vector<std::int32_t> lot;   ///< those that take part
  std::vector<std::int32_t> gene;  ///< those that are tested, ascending
  std::vector<double> value;       ///< genes x lots
};

/// Of one contrast; no gene where no two lots take part. Collective; the same bits on any layout.
LotDifferences lot_differences(MPI_Comm comm, const matrix::Pseudobulk& sums, std::span<const std::uint8_t> lots,
                               const Contrast& contrast, const LotConsistencyOptions& options);

/// Genes of a contrast, the foremost first: by falling `effect`, then `difference`, then gene. What is not tested comes
/// last.
std::vector<std::int32_t> ranked_genes(const LotConsistency& found, std::int32_t contrast_number);

}  // namespace miura::markers
