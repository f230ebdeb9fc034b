#include "pca/dense_spectrum.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include "pca/single_thread_blas.hpp"

// Fortran's LAPACK; every Fortran argument is a pointer.
extern "C" void dsyevr_(const char* job, const char* range, const char* triangle, const int* n, double* a,
                        const int* lda, const double* vl, const double* vu, const int* il, const int* iu,
                        const double* abstol, int* found, double* w, double* z, const int* ldz, int* support,
                        double* work, const int* lwork, int* iwork, const int* liwork, int* info);

namespace miura::pca {

namespace {

/// Covariance of z over the varying features: the upper triangle row by row, which Fortran reads as the lower one.
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

Spectrum dense_spectrum(const ScaledReference& z, const Gram& gram, std::int32_t components) {
  const SingleThreadBlas one_thread;
  auto c = covariance(z, gram);
  const auto n = static_cast<int>(z.varying.size());
  const int first = n - components + 1, last = n;  // LAPACK counts from the smallest, from 1
  const double unused = 0, accuracy = 0;           // 0: as accurate as LAPACK can
  int found = 0, info = 0;
  std::vector<double> ascending(n), vectors(std::int64_t{n} * components);
  std::vector<int> support(2 * n), iwork(1);
  std::vector<double> work(1);
  const auto call = [&](int lwork, int liwork) {
    dsyevr_("V", "I", "L", &n, c.data(), &n, &unused, &unused, &first, &last, &accuracy, &found, ascending.data(),
            vectors.data(), &n, support.data(), work.data(), &lwork, iwork.data(), &liwork, &info);
  };
  call(-1, -1);  // asks for the sizes of the workspaces
  const auto lwork = static_cast<int>(work[0]);
  const int liwork = iwork[0];
  work.resize(lwork);
  iwork.resize(liwork);
  call(lwork, liwork);
  if (info != 0 || found != components)
    throw std::runtime_error("LAPACK dsyevr found " + std::to_string(found) + " of " + std::to_string(components) +
                             " eigenvalues, info " + std::to_string(info));
  Spectrum spectrum;
  for (int k = components - 1; k >= 0; --k) {
    spectrum.value.push_back(ascending[k]);
    spectrum.vector.insert(spectrum.vector.end(), vectors.begin() + std::int64_t{k} * n,
                           vectors.begin() + std::int64_t{k + 1} * n);
  }
  return spectrum;
}

}  // namespace miura::pca
