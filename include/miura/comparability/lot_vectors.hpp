#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/matrix/composition.hpp"
#include "miura/matrix/embedding.hpp"

namespace miura::comparability {

/// What a lot is, as one vector: lots are compared by Euclidean distances of these. Replicated.
struct LotVectors {
  std::string statistic;  ///< aitchison, sliced_w2 or mean_embedding
  std::int32_t n_lots = 0, width = 0;
  std::vector<double> value;  ///< n_lots x width, row-major; NaN for a lot without cells

  std::span<const double> of(std::int32_t lot) const noexcept {
    return std::span(value).subspan(std::int64_t{lot} * width, width);
  }
  bool known(std::int32_t lot) const noexcept { return width > 0 && !(of(lot)[0] != of(lot)[0]); }
};

/// How the cells of a lot become a vector.
struct VectorOptions {
  std::int32_t directions = 40;          ///< random directions of the sliced Wasserstein distance
  std::int32_t quantiles = 20;           ///< in every direction, at (q + 1/2) / quantiles
  std::int32_t features = 200;           ///< random Fourier features of the mean embedding; even
  std::int32_t bandwidth_cells = 2'000;  ///< cells of the reference, the same number of every lot, behind the bandwidth
  std::uint64_t seed = 1;                ///< the same seed, the same directions, features and cells on any layout
};

/// Centred log-ratios of count + 1/2: log(c_k + 1/2) less its mean over the clusters (Aitchison 1986).
LotVectors centred_log_ratios(const matrix::Composition& composition);

/// Quantiles of the cells' positions along random directions, over sqrt(directions x quantiles), so that the distance
/// of two lots is the sliced 2-Wasserstein distance of their cells (Bonneel et al. 2015) in units of the embedding.
///
/// Collective. `lot` is the lot of each of this rank's cells. The values of a lot along one direction are brought
/// together on one rank and sorted there, so quantiles are exact and the same bits for any layout. Memory: two numbers
/// per cell.
LotVectors sliced_quantiles(MPI_Comm comm, const matrix::Embedding& cells, std::span<const std::int32_t> lot,
                            std::int32_t n_lots, const VectorOptions& options);

/// Median distance of two cells of a fixed sample of the reference lots (those marked): the width of the kernel of
/// mean_embeddings(). It does not depend on the other lots. 1 if all these cells are at one place. Collective.
double median_bandwidth(MPI_Comm comm, const matrix::Embedding& cells, std::span<const std::int32_t> lot,
                        std::span<const std::uint8_t> is_reference, const VectorOptions& options);

/// Mean over the cells of a lot of cos(w x) and sin(w x), over sqrt(features / 2), with w ~ N(0, 1 / bandwidth^2)
/// (Rahimi & Recht 2007). The distance of two lots estimates the maximum mean discrepancy of their cells under the
/// Gaussian kernel exp(-d^2 / (2 bandwidth^2)) (Gretton et al. 2012).
///
/// Collective: one sum over ranks, in integers (steps of 2^-30).
LotVectors mean_embeddings(MPI_Comm comm, const matrix::Embedding& cells, std::span<const std::int32_t> lot,
                           std::int32_t n_lots, double bandwidth, const VectorOptions& options);

}  // namespace miura::comparability
