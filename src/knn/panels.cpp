#include "knn/panels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::knn {

namespace {

void require_finite(const matrix::Embedding& points) {
  if (!std::ranges::all_of(points.value, [](float x) { return std::isfinite(x); }))
    throw std::logic_error("nearest neighbours of points with coordinates that are not finite");
}

}  // namespace

Centring centring_of(MPI_Comm comm, const matrix::Embedding& points, const matrix::Embedding& queries) {
  parallel::together(comm, [&] {
    require_finite(points);
    require_finite(queries);
  });
  const auto n_dims = points.n_dims;
  std::vector<double> sum(n_dims);
  for (std::int64_t i = 0; i < points.n_local(); ++i) {
    const auto row = points.row(i);
    for (std::int32_t d = 0; d < n_dims; ++d) sum[d] += row[d];
  }

  Centring centring{std::vector<double>(n_dims), 1.0};
  const auto sums = parallel::gather_everywhere<double>(comm, sum);
  for (std::size_t at = 0; at < sums.size(); ++at) centring.centre[at % n_dims] += sums[at];
  for (auto& c : centring.centre) c /= static_cast<double>(std::max<std::int64_t>(points.points.size(), 1));

  double largest = 0;
  for (const auto* embedding : {&points, &queries})
    for (std::int64_t i = 0; i < embedding->n_local(); ++i) {
      const auto row = embedding->row(i);
      for (std::int32_t d = 0; d < n_dims; ++d) largest = std::max(largest, std::abs(row[d] - centring.centre[d]));
    }
  largest = parallel::max_over_ranks(comm, largest);
  if (largest > 0) centring.scale = std::ldexp(1.0, -std::ilogb(largest));
  return centring;
}

Panels::Panels(std::span<const float> rows, std::int64_t n, std::int32_t n_dims, const Centring& centring) {
  n_panels_ = (n + panel_width - 1) / panel_width;
  stride_ = std::int64_t{panel_width} * (n_dims + 1);
  value_ = hwy::AllocateAligned<float>(n_panels_ * stride_);
  if (!value_) throw std::bad_alloc();
#pragma omp parallel for schedule(static)
  for (std::int64_t p = 0; p < n_panels_; ++p) {
    float* panel = value_.get() + p * stride_;
    std::fill_n(panel, stride_ - panel_width, 0.0F);
    std::fill_n(panel + stride_ - panel_width, panel_width, -std::numeric_limits<float>::infinity());
    for (auto i = p * panel_width; i < std::min(n, (p + 1) * panel_width); ++i) {
      double norm2 = 0;
      float* column = panel + i % panel_width;
      for (std::int32_t d = 0; d < n_dims; ++d) {
        const auto x = static_cast<float>(centring(rows[i * n_dims + d], d));
        column[std::int64_t{d} * panel_width] = x;
        norm2 += static_cast<double>(x) * x;
      }
      column[std::int64_t{n_dims} * panel_width] = static_cast<float>(-norm2 / 2);
    }
  }
}

}  // namespace miura::knn
