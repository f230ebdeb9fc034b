#pragma once

#include <hwy/aligned_allocator.h>
#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/embedding.hpp"

namespace miura::knn {

/// Points side by side in a panel, and queries in a tile: 3 AVX-512 registers of points times 8 queries fill 24 of 32.
inline constexpr std::int32_t panel_width = 48;
inline constexpr std::int32_t tile_width = 8;

/// Shift to the centre of the points and a power of two that brings the largest coordinate into [1, 2): less
/// cancellation, no overflow. It steers how much is re-ranked, never the result, and so may differ in its last bits
/// between numbers of ranks.
struct Centring {
  std::vector<double> centre;
  double scale = 1.0;

  double operator()(float coordinate, std::int64_t dim) const noexcept {
    return (static_cast<double>(coordinate) - centre[dim]) * scale;
  }
};

/// Collective. Throws std::logic_error on all ranks where a coordinate is not finite.
Centring centring_of(MPI_Comm comm, const matrix::Embedding& points, const matrix::Embedding& queries);

/// Centred coordinates in the order in which the kernel reads them.
///
///   panel p, row d:       coordinate d of points 48 p .. 48 p + 47
///   panel p, last row:    -|b|^2 / 2 of the same points; -infinity where there is none
class Panels {
public:
  /// `rows` are the coordinates of `n` points, row-major.
  Panels(std::span<const float> rows, std::int64_t n, std::int32_t n_dims, const Centring& centring);

  std::int64_t size() const noexcept { return n_panels_; }
  const float* operator[](std::int64_t panel) const noexcept { return value_.get() + panel * stride_; }

private:
  std::int64_t n_panels_, stride_;
  hwy::AlignedFreeUniquePtr<float[]> value_;
};

}  // namespace miura::knn
