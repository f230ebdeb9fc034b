#pragma once

#include <cstdint>
#include <span>

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

/// Adds a row, held on a grid of 1 / `steps`, to the sums of its clusters, times its weight in each: `sums` has n_dims
/// a cluster. Every term is an integer, so sums are exact, in any order, as long as they stay below 2^53.
void add_weighted(const float* row, std::int32_t n_dims, double steps, std::span<const Share> shares, double* sums);

}  // namespace miura::integrate
