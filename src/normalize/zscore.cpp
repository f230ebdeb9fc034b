#include "miura/normalize/zscore.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "miura/parallel/communicator.hpp"

namespace miura::normalize {

namespace {

__extension__ using Wide = __int128;

constexpr int bits = 46;  // sums of squares of 2^32 values below 2^46 fit into 127 bits

/// A sum in 128 bits as four digits of 32, each in 64 bits, so that ranks can add them.
constexpr std::int64_t n_digits = 4;

std::array<std::int64_t, n_digits> digits_of(Wide value) {
  std::array<std::int64_t, n_digits> digits{};
  for (auto& digit : digits) {
    digit = static_cast<std::int64_t>(value & 0xFFFFFFFF);
    value >>= 32;
  }
  digits.back() = static_cast<std::int32_t>(digits.back());  // carries the sign
  return digits;
}

Wide from_digits(std::span<const std::int64_t> digits) {
  Wide value = 0;
  for (auto k = n_digits - 1; k >= 0; --k) value = value * (Wide{1} << 32) + digits[k];
  return value;
}

/// Adds integers of 128 bits over ranks, in place. Collective.
void sum_wide_over_ranks(MPI_Comm comm, std::span<Wide> values) {
  std::vector<std::int64_t> digits;
  for (const auto value : values) {
    const auto d = digits_of(value);
    digits.insert(digits.end(), d.begin(), d.end());
  }
  parallel::sum_over_ranks(comm, digits);
  for (std::int64_t v = 0; v < std::ssize(values); ++v)
    values[v] = from_digits(std::span(digits).subspan(v * n_digits, n_digits));
}

/// Per feature the exponent e for which every value of the reference is below 2^e in size. Collective.
std::vector<int> exponents(MPI_Comm comm, const std::vector<double>& table, std::int32_t n_features,
                           std::span<const std::uint8_t> reference) {
  std::vector<double> largest(n_features);
  for (std::int64_t i = 0; i < std::ssize(reference); ++i)
    for (std::int32_t f = 0; f < n_features && reference[i]; ++f)
      largest[f] = std::max(largest[f], std::abs(table[i * n_features + f]));
  MPI_Allreduce(MPI_IN_PLACE, largest.data(), n_features, MPI_DOUBLE, MPI_MAX,
                comm);  // a maximum is exact in any order
  std::vector<int> exponent(n_features);
  for (std::int32_t f = 0; f < n_features; ++f) std::frexp(largest[f], &exponent[f]);
  return exponent;
}

struct Moments {
  double mean, sd;
};

/// From the sums of n integers and of their squares, in units of `unit`.
Moments moments(Wide sum, Wide squares, std::int64_t n, double unit) {
  if (n < 2) return {n == 1 ? static_cast<double>(sum) * unit : 0.0, 0.0};
  const Wide centre = sum / n, rest = sum - centre * n;                        // mean = centre + rest / n
  const Wide about_centre = squares - 2 * centre * sum + n * centre * centre;  // exact: nothing cancels in rounding
  const auto size = static_cast<double>(n), off = static_cast<double>(rest);
  const double spread = std::max(0.0, static_cast<double>(about_centre) - off * off / size);
  return {(static_cast<double>(centre) + off / size) * unit, std::sqrt(spread / (size - 1)) * unit};
}

}  // namespace

Zscores zscore(MPI_Comm comm, const matrix::DistributedCells& cells, std::int32_t n_features,
               std::span<const std::uint8_t> reference, const ZscoreOptions& options) {
  const auto& table = cells.mine.table;
  const auto n = cells.mine.n_cells();
  const auto exponent = exponents(comm, table, n_features, reference);
  std::vector<Wide> sums(2 * n_features + 1);  // of values, of squares, and the number of cells
#pragma omp parallel
  {
    std::vector<Wide> part(2 * n_features);
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int32_t f = 0; f < n_features && reference[i]; ++f) {
        const auto value = std::llrint(std::ldexp(table[i * n_features + f], bits - exponent[f]));
        part[f] += value;
        part[n_features + f] += Wide{value} * value;
      }
#pragma omp critical(miura_zscore)
    for (std::int32_t k = 0; k < 2 * n_features; ++k) sums[k] += part[k];
  }
  sums.back() = std::ranges::count(reference, 1);
  sum_wide_over_ranks(comm, sums);

  Zscores z{{}, std::vector<double>(n_features), std::vector<double>(n_features)};
  for (std::int32_t f = 0; f < n_features; ++f) {
    const auto m = moments(sums[f], sums[n_features + f], static_cast<std::int64_t>(sums.back()),
                           std::ldexp(1.0, exponent[f] - bits));
    z.mean[f] = m.mean;
    z.sd[f] = m.sd;
  }
  std::vector<std::int32_t> all(n_features);
  std::iota(all.begin(), all.end(), 0);
  std::vector<std::int64_t> rows(n);
  std::iota(rows.begin(), rows.end(), 0);
  z.value = zscores_by(cells, rows, cells.partition, all, z.mean, z.sd, options);
  return z;
}

matrix::GridMatrix zscores_by(const matrix::DistributedCells& cells, std::span<const std::int64_t> rows,
                              const parallel::Partition& partition, std::span<const std::int32_t> features,
                              std::span<const double> mean, std::span<const double> sd, const ZscoreOptions& options) {
  const auto& table = cells.mine.table;
  matrix::GridMatrix z{partition, static_cast<std::int32_t>(std::ssize(features)), {0}, {}, {}};
  for (const auto i : rows) {
    for (std::int32_t j = 0; j < z.n_features; ++j) {
      const auto f = features[j];
      if (sd[f] == 0) continue;
      const double score = std::clamp((table[i * std::ssize(mean) + f] - mean[f]) / sd[f], -options.clip, options.clip);
      const auto steps = static_cast<std::int32_t>(std::lrint(score * matrix::grid_steps));
      if (steps == 0) continue;
      z.column.push_back(j);
      z.value.push_back(steps);
    }
    z.row_start.push_back(std::ssize(z.column));
  }
  return z;
}

}  // namespace miura::normalize
