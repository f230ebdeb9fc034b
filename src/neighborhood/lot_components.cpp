#include "neighborhood/lot_components.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "miura/linalg/symmetric_eigen.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::neighborhood {

namespace {

constexpr int grid_bits = 24;
constexpr int word_bits = 32;  // sums are kept as high x 2^32 + low

/// Aligned and standardised over lots, in units of 2^-24; false where the abundance does not vary.
bool standardise(const TestedLots& lots, std::span<const double> row, std::span<std::int32_t> z) {
  const auto x = lots.of(row);
  const auto n = static_cast<double>(x.size());
  double mean = 0, square = 0, largest = 0;
  for (const auto v : x) mean += v;
  mean /= n;
  for (const auto v : x) {
    square += (v - mean) * (v - mean);
    largest = std::max(largest, std::abs(v));
  }
  const double deviation = std::sqrt(square / n);
  if (!(deviation > 1e-12 * largest)) return false;
  for (std::size_t l = 0; l < x.size(); ++l)
    z[l] = static_cast<std::int32_t>(std::lround((x[l] - mean) / deviation * (1 << grid_bits)));
  return true;
}

/// Sums of products of a thread, upper triangle row by row. |z_i z_j| <= n / 2 x 2^48, so `room` of them fit in 64
/// bits.
class Products {
public:
  explicit Products(std::int32_t n_lots)
      : n_(n_lots),
        room_(std::max(1, (1 << 15) / n_lots)),
        recent_(n_lots * (n_lots + 1) / 2),
        words_(2 * recent_.size()) {}

  void add(std::span<const std::int32_t> z) {
    std::size_t at = 0;
    for (std::int32_t i = 0; i < n_; ++i)
      for (std::int32_t j = i; j < n_; ++j) recent_[at++] += std::int64_t{z[i]} * z[j];
    ++rows_;
    if (++since_ == room_) settle();
  }
  void settle() {
    for (std::size_t at = 0; at < recent_.size(); ++at) {
      words_[2 * at] += recent_[at] >> word_bits;
      words_[2 * at + 1] += recent_[at] & 0xFFFFFFFF;
      recent_[at] = 0;
    }
    since_ = 0;
  }
  const std::vector<std::int64_t>& words() const noexcept { return words_; }
  std::int64_t rows() const noexcept { return rows_; }

private:
  std::int32_t n_, room_, since_ = 0;
  std::int64_t rows_ = 0;
  std::vector<std::int64_t> recent_, words_;  // words: high and low of each entry
};

}  // namespace

LotGram lot_gram(MPI_Comm comm, const Abundance& nam, const TestedLots& lots) {
  const auto n = lots.size();
  std::vector<std::int64_t> total(n * (n + 1) + 1);  // words of all entries, and the number of rows
#pragma omp parallel
  {
    Products products(n);
    std::vector<std::int32_t> z(n);
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < nam.n_local(); ++i)
      if (standardise(lots, nam.row(i), z)) products.add(z);
    products.settle();
#pragma omp critical
    {
      std::ranges::transform(products.words(), total, total.begin(), std::plus{});
      total.back() += products.rows();
    }
  }
  parallel::sum_over_ranks(comm, std::span(total));

  LotGram gram{n, total.back(), std::vector<double>(std::size_t{1} * n * n, 0.0)};
  if (gram.n_neighborhoods == 0) return gram;
  std::size_t at = 0;
  for (std::int32_t i = 0; i < n; ++i)
    for (std::int32_t j = i; j < n; ++j, at += 2) {
      const double sum = std::ldexp(static_cast<double>(total[at]), word_bits - 2 * grid_bits) +
                         std::ldexp(static_cast<double>(total[at + 1]), -2 * grid_bits);
      gram.value[i * n + j] = gram.value[j * n + i] = sum / static_cast<double>(gram.n_neighborhoods);
    }
  return gram;
}

std::vector<double> lot_components(MPI_Comm comm, const LotGram& gram, std::int32_t n_components) {
  const auto n = gram.n_lots;
  std::vector<double> components;
  const auto solve = [&] {
    if (parallel::rank_of(comm) != 0) return;
    const auto spectrum = linalg::largest_eigenpairs(gram.value, n, n_components);
    double trace = 0;
    for (std::int32_t l = 0; l < n; ++l) trace += gram.value[l * n + l];
    for (std::int32_t k = 0; k < n_components && spectrum.value[k] > 1e-9 * trace; ++k) {
      const auto vector = std::span(spectrum.vector).subspan(std::size_t{1} * k * n, n);
      const auto most = std::ranges::max_element(vector, {}, [](double v) { return std::abs(v); });
      for (const auto v : vector) components.push_back(*most < 0 ? -v : v);
    }
  };
  parallel::together(comm, solve);
  parallel::broadcast(comm, components);
  return components;
}

}  // namespace miura::neighborhood
