#include "pca/covariance_product.hpp"

#include <omp.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "miura/parallel/communicator.hpp"

namespace miura::pca {

namespace {

/// A bound of the length of the centred z of any reference cell. Collective.
double longest_cell(MPI_Comm comm, const ScaledReference& z) {
  const auto& x = z.x;
  double of_zero = 0;  // squared length of a cell in which nothing is stored
  std::vector<double> zero(x.n_features);
  for (const auto j : z.varying) {
    zero[j] = -z.cut.mean(j) * z.unit(j);
    of_zero += zero[j] * zero[j];
  }
  double longest = 0;
  for (const auto row : z.row) {
    double square = of_zero;
    for (auto at = x.row_start[row]; at < x.row_start[row + 1]; ++at) {
      const auto j = x.column[at];
      if (z.scaling.sd[j] == 0) continue;
      const double centred = zero[j] + z.scaling.cut(j, x.value[at]) * z.unit(j);
      square += centred * centred - zero[j] * zero[j];
    }
    longest = std::max(longest, square);
  }
  constexpr double margin = 1.01;  // for the rounding of all of this
  return margin * std::sqrt(parallel::max_over_ranks(comm, longest));
}

}  // namespace

CovarianceProduct::CovarianceProduct(MPI_Comm comm, const ScaledReference& z)
    : comm_(comm),
      z_(z),
      longest_(longest_cell(comm, z)),
      weight_(z.x.n_features),
      beside_(z.x.n_features),
      sums_((z.x.n_features + std::int64_t{1}) * threads_for(std::ssize(z.x.column))) {
  for (std::int32_t j = 0; j < z.x.n_features; ++j)
    beside_[j] = {0.0, z.scaling.ceiling[j], std::min(0, z.scaling.ceiling[j])};
}

void CovarianceProduct::ask() {
  std::array<double, 3> head{request_.more, request_.shift, request_.scale};
  MPI_Bcast(head.data(), static_cast<int>(head.size()), MPI_DOUBLE, 0, comm_);
  request_ = {head[0], head[1], head[2]};
  if (request_.more != 0) MPI_Bcast(weight_.data(), static_cast<int>(weight_.size()), MPI_DOUBLE, 0, comm_);
}

void CovarianceProduct::add_my_cells() {
  const auto& x = z_.x;
  const auto n_rows = std::ssize(z_.row);
  const std::int64_t width = x.n_features + std::int64_t{1};
  const auto threads = static_cast<int>(std::ssize(sums_) / width);
  for (std::int32_t j = 0; j < x.n_features; ++j) beside_[j].of_step = weight_[j];
  std::fill(sums_.begin(), sums_.end(), 0);
#pragma omp parallel num_threads(threads)
  {
    Int128* const sum = sums_.data() + width * omp_get_thread_num();
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < n_rows; ++i) {
      const auto from = x.row_start[z_.row[i]], end = x.row_start[z_.row[i] + 1];
      double t = -request_.shift;
      for (auto at = from; at < end; ++at) {
        const auto& w = beside_[x.column[at]];
        t += (std::min(x.value[at], w.ceiling) - w.at_zero) * w.of_step;
      }
      const auto fixed = static_cast<std::int64_t>(std::nearbyint(t * request_.scale));
      for (auto at = from; at < end; ++at) {
        const auto j = x.column[at];
        sum[j] += Int128{fixed} * z_.scaling.cut(j, x.value[at]);
      }
      sum[x.n_features] += fixed;
    }
  }
  for (int thread = 1; thread < threads; ++thread)
    for (std::int64_t j = 0; j < width; ++j) sums_[j] += sums_[width * thread + j];
  sum_over_ranks(comm_, std::span(sums_).first(width));
}

void CovarianceProduct::multiply(std::span<const double> x, std::span<double> y) {
  constexpr int fraction_bits = 52;  // with 31 of a grid value and 27 of the number of cells: 110, as the sums can hold
  double square = 0;
  request_ = {.more = 1, .shift = 0, .scale = 1};
  for (std::int64_t a = 0; a < std::ssize(x); ++a) {
    const auto j = z_.varying[a];
    weight_[j] = x[a] * z_.unit(j);
    request_.shift += weight_[j] * z_.cut.mean(j);
    square += x[a] * x[a];
  }
  int exponent = 0;
  std::frexp(longest_ * std::sqrt(square), &exponent);
  request_.scale = std::ldexp(1.0, fraction_bits - exponent);
  ask();
  add_my_cells();
  const auto total = static_cast<double>(sums_[z_.x.n_features]);
  const double per_pair = 1.0 / (request_.scale * static_cast<double>(z_.cut.n_cells - 1));
  for (std::int64_t a = 0; a < std::ssize(y); ++a) {
    const auto j = z_.varying[a];
    y[a] = (static_cast<double>(sums_[j]) - z_.cut.mean(j) * total) * per_pair * z_.unit(j);
  }
}

void CovarianceProduct::serve() {
  for (ask(); request_.more != 0; ask()) add_my_cells();
}

void CovarianceProduct::stop() {
  request_ = {};
  ask();
}

}  // namespace miura::pca
