#include "miura/pca/fit.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "pca/dense_spectrum.hpp"
#include "pca/gram.hpp"
#include "pca/krylov.hpp"
#include "pca/reference.hpp"

namespace miura::pca {

namespace {

constexpr std::int32_t most_gram_features = 16'384;  // 1 GiB of sums a thread

void validate(const matrix::GridMatrix& x, const Options& options) {
  if (options.components < 1) throw UsageError("pca: components must be 1 or more");
  if (!(options.clip > 0)) throw UsageError("pca: clip must be above 0");
  if (options.method == Method::gram && x.n_features > most_gram_features)
    throw UsageError("pca: method gram takes up to " + std::to_string(most_gram_features) + " features, there are " +
                     std::to_string(x.n_features) + ": use krylov");
}

/// On rank 0; the others get an empty spectrum. `x`, which `z` refers to, may lose its entries. Collective.
Spectrum spectrum_of(MPI_Comm comm, matrix::GridMatrix& x, const ScaledReference& z, Method method,
                     std::int32_t components) {
  if (method == Method::krylov) return krylov_spectrum(comm, z, components);
  auto gram = exact_gram(comm, z);
  x.column = matrix::ColumnNumbers();
  x.value = std::vector<std::int32_t>();  // {} would keep its memory
  Spectrum spectrum;
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) == 0) spectrum = dense_spectrum(z, std::move(gram), components);
  });
  return spectrum;
}

/// Components that a low rank leaves without variance are noise of the solver.
std::int32_t components_with_variance(const Spectrum& spectrum) {
  constexpr double least = 1e-12;
  std::int32_t k = 0;
  while (k < std::ssize(spectrum.value) && spectrum.value[k] > least * spectrum.value[0]) ++k;
  return k;
}

double canonical_sign(std::span<const double> loading) {
  const auto largest =
      std::max_element(loading.begin(), loading.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
  return *largest < 0 ? -1.0 : 1.0;
}

Model model_of(const ScaledReference& z, const Spectrum& spectrum) {
  const auto p = z.x.n_features;
  const auto k = components_with_variance(spectrum);
  const auto m = std::ssize(z.varying);
  Model model{.n_features = p,
              .n_components = k,
              .mean = z.scaling.mean,
              .sd = z.scaling.sd,
              .ceiling = z.scaling.ceiling,
              .center = std::vector<double>(p),
              .loadings = std::vector<double>(std::int64_t{p} * k),
              .singular_values = {},
              .variance = {},
              .variance_ratio = {}};
  double total = 0;
  for (const auto j : z.varying) {
    model.center[j] = z.scaling.z_of_zero(j) + z.cut.mean(j) * z.unit(j);
    total += z.variance(j);
  }
  for (std::int32_t c = 0; c < k; ++c) {
    const auto loading = std::span(spectrum.vector).subspan(c * m, m);
    const double sign = canonical_sign(loading);
    for (std::int64_t a = 0; a < m; ++a) model.loadings[std::int64_t{z.varying[a]} * k + c] = sign * loading[a];
    model.variance.push_back(spectrum.value[c]);
    model.variance_ratio.push_back(spectrum.value[c] / total);
    model.singular_values.push_back(std::sqrt(spectrum.value[c] * static_cast<double>(z.cut.n_cells - 1)));
  }
  return model;
}

}  // namespace

Model fit(MPI_Comm comm, matrix::GridMatrix x, std::span<const std::uint8_t> reference, const Options& options) {
  assert(std::ssize(reference) == x.n_local());
  validate(x, options);
  const auto z = scale_reference(comm, x, reference, options.scale, options.clip);
  const auto components = static_cast<std::int32_t>(
      std::min({std::int64_t{options.components}, z.cut.n_cells - 1, static_cast<std::int64_t>(z.varying.size())}));
  auto spectrum = spectrum_of(comm, x, z, options.method, components);
  parallel::broadcast(comm, spectrum.value);
  parallel::broadcast(comm, spectrum.vector);
  return model_of(z, spectrum);
}

}  // namespace miura::pca
