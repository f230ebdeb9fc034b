#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace miura::integrate {

inline constexpr int rows_at_once = 4;

/// Clusters are padded to whole registers of the widest processor.
inline constexpr std::int32_t lanes = 16;

/// A cluster a cell belongs to in part.
struct Share {
  std::int32_t cluster;
  std::int32_t weight;  ///< grid steps
};

/// Inner products of four rows with all centers: out[r x stride + k] = rows[r] . center k, summed dimension after
/// dimension, so that a row has the same bits whatever its neighbours. `centers`: n_dims x stride, stride a multiple of
/// `lanes`. Uses AVX-512, AVX2 or what the processor has.
void similarities(const float* const* rows, const float* centers, std::int32_t n_dims, std::int32_t stride, float* out);

/// Clusters in which a cell has a weight above `negligible` of the largest, ascending.
struct NearClusters {
  std::vector<std::int32_t> cluster;
  std::vector<float> weight;  ///< exp(exponent - largest exponent)
  std::int32_t n = 0;
  float largest = 0;  ///< exponent

  explicit NearClusters(std::int32_t stride) : cluster(stride), weight(stride) {}
};

/// A weight below half a grid step: exp(-11.1) < 2^-16, and the largest weight of a cell is at most 1.
inline constexpr float negligible = 11.1F;

/// Exponents similarity x slope + penalty of all clusters; keeps those that are not negligible. `penalty` is very
/// negative behind the last cluster, up to `stride`.
void keep_near(const float* similarity, float slope, const float* penalty, std::int32_t stride, NearClusters& near);

/// The entries of a row of weights that are not 0, ascending; `shares` has room for `stride`. Returns how many.
std::int32_t nonzero_shares(const std::uint16_t* weights, std::int32_t stride, Share* shares);

/// Adds a row, held on a grid of 1 / `steps`, to the sums of its clusters, times its weight in each: `sums` has n_dims
/// a cluster. Every term is an integer, so sums are exact, in any order, as long as they stay below 2^53.
void add_weighted(const float* row, std::int32_t n_dims, double steps, std::span<const Share> shares, double* sums);

}  // namespace miura::integrate
