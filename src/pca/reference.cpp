#include "pca/reference.hpp"

#include <omp.h>

#include <cmath>
#include <cstdlib>
#include <string>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::pca {

namespace {

/// Sums of value_of(feature, grid value) over the rows of all ranks. Collective.
template <class ValueOf>
Moments moments(MPI_Comm comm, const matrix::GridMatrix& x, std::span<const std::int64_t> row, ValueOf&& value_of) {
  const std::int64_t p = x.n_features;
  const auto n_rows = std::ssize(row);
  const int threads = threads_for(std::ssize(x.column));
  std::vector<Int128> sums(2 * p * threads);  // a thread: p sums, then p sums of squares
  std::int64_t largest = 0;
#pragma omp parallel num_threads(threads) reduction(max : largest)
  {
    const auto sum = std::span(sums).subspan(2 * p * omp_get_thread_num(), p);
    const auto square = std::span(sums).subspan(2 * p * omp_get_thread_num() + p, p);
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < n_rows; ++i)
      for (auto at = x.row_start[row[i]]; at < x.row_start[row[i] + 1]; ++at) {
        const auto j = x.column[at];
        const std::int64_t value = value_of(j, x.value[at]);
        sum[j] += value;
        square[j] += value * value;
        largest = std::max(largest, std::abs(value));
      }
  }
  for (int t = 1; t < threads; ++t)
    for (std::int64_t j = 0; j < 2 * p; ++j) sums[j] += sums[2 * p * t + j];
  sums.resize(2 * p);
  sum_over_ranks(comm, sums);
  return {.n_cells = parallel::sum_over_ranks(comm, n_rows),
          .sum = {sums.begin(), sums.begin() + p},
          .sum_of_squares = {sums.begin() + p, sums.end()},
          .largest = parallel::max_over_ranks(comm, largest)};
}

Scaling scaling_of(const Moments& raw, bool scale, double clip) {
  constexpr auto no_ceiling = std::numeric_limits<std::int32_t>::max();
  const auto p = std::ssize(raw.sum);
  Scaling scaling{std::vector<double>(p), std::vector<double>(p, 1.0), std::vector<std::int32_t>(p, no_ceiling)};
  for (std::int32_t j = 0; j < p; ++j) {
    scaling.mean[j] = raw.mean(j) / matrix::grid_steps;
    if (!scale) continue;
    const double sd_steps = std::sqrt(static_cast<double>(raw.spread(j)) / raw.pairs());
    scaling.sd[j] = sd_steps / matrix::grid_steps;
    const double ceiling = std::nearbyint(raw.mean(j) + clip * sd_steps);
    if (sd_steps > 0 && ceiling < no_ceiling) scaling.ceiling[j] = static_cast<std::int32_t>(ceiling);
  }
  return scaling;
}

}  // namespace

int threads_for(std::int64_t n_nonzeros) noexcept {
  constexpr std::int64_t worth_a_thread = 1 << 13;  // some 10 microseconds of work
  return static_cast<int>(std::clamp<std::int64_t>(n_nonzeros / worth_a_thread, 1, omp_get_max_threads()));
}

ScaledReference scale_reference(MPI_Comm comm, const matrix::GridMatrix& x, std::span<const std::uint8_t> reference,
                                bool scale, double clip) {
  ScaledReference z{.x = x, .row = {}, .scaling = {}, .cut = {}, .varying = {}};
  for (std::int64_t i = 0; i < std::ssize(reference); ++i)
    if (reference[i]) z.row.push_back(i);
  const auto raw = moments(comm, x, z.row, [](std::int32_t, std::int32_t value) { return value; });
  if (raw.n_cells < 2)
    throw Error(ExitCode::bad_input,
                "the reference has " + std::to_string(raw.n_cells) + " cells, principal components need two or more");
  z.scaling = scaling_of(raw, scale, clip);
  z.cut = moments(comm, x, z.row, [&](std::int32_t j, std::int32_t value) { return z.scaling.cut(j, value); });
  for (std::int32_t j = 0; j < x.n_features; ++j)
    if (z.cut.spread(j) > 0) z.varying.push_back(j);
  if (z.varying.empty())
    throw Error(ExitCode::bad_input, "none of the " + std::to_string(x.n_features) +
                                         " features varies over the reference: it has no principal components");
  return z;
}

}  // namespace miura::pca
