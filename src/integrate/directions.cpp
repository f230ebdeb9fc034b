#include "integrate/directions.hpp"

#include <cmath>

#include "integrate/kernels.hpp"

namespace miura::integrate {

namespace {

template <class Value>
double length(std::span<const Value> vector) {
  double sum = 0;
  for (const double x : vector) sum += x * x;
  return std::sqrt(sum);
}

}  // namespace

void to_unit_length(std::span<const float> rows, std::int32_t n_dims, std::span<float> directions) {
  const auto n_rows = std::ssize(rows) / n_dims;
#pragma omp parallel for schedule(static) if (n_rows > 4096)
  for (std::int64_t i = 0; i < n_rows; ++i) {
    const auto row = rows.subspan(i * n_dims, n_dims);
    const double norm = length(row);
    for (std::int32_t c = 0; c < n_dims; ++c)
      directions[i * n_dims + c] = norm > 0 ? static_cast<float>(row[c] / norm) : 0.0F;
  }
}

Centers::Centers(std::int32_t dims, std::int32_t clusters)
    : n_dims(dims), n_clusters(clusters), stride((clusters + lanes - 1) / lanes * lanes) {
  value.resize(std::int64_t{n_dims} * stride);
}

void Centers::point(std::int32_t cluster, std::span<const double> towards) {
  const double norm = length(towards);
  if (norm == 0) return;
  for (std::int32_t c = 0; c < n_dims; ++c)
    value[std::int64_t{c} * stride + cluster] = static_cast<float>(towards[c] / norm);
}

}  // namespace miura::integrate
