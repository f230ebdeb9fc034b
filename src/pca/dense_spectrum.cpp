#include "pca/dense_spectrum.hpp"

#include <utility>
#include <vector>

#include "miura/linalg/symmetric_eigen.hpp"

namespace miura::pca {

namespace {

/// Covariance of z over the varying features: the upper triangle row by row.
/// The centring, n x sum of products - product of sums, is exact in integers; one rounding, then the units.
std::vector<double> covariance(const ScaledReference& z, const Gram& gram) {
  const auto m = std::ssize(z.varying);
  std::vector<double> c(m * m);
  for (std::int64_t a = 0; a < m; ++a)
    for (std::int64_t b = a; b < m; ++b) {
      const auto i = z.varying[a], j = z.varying[b];
      const Int128 spread = z.cut.n_cells * gram.at(i, j) - z.cut.sum[i] * z.cut.sum[j];
      c[a * m + b] = static_cast<double>(spread) / z.cut.pairs() * z.unit(i) * z.unit(j);
    }
  return c;
}

}  // namespace

Spectrum dense_spectrum(const ScaledReference& z, Gram gram, std::int32_t components) {
  auto c = covariance(z, gram);
  gram = {};  // the eigensolver needs room
  auto pairs = linalg::largest_eigenpairs(std::move(c), static_cast<std::int32_t>(z.varying.size()), components);
  return {std::move(pairs.value), std::move(pairs.vector)};
}

}  // namespace miura::pca
