#include "miura/linalg/symmetric_eigen.hpp"

#include <cblas.h>

#include <stdexcept>
#include <string>

// Fortran's LAPACK; every Fortran argument is a pointer.
extern "C" void dsyevr_(const char* job, const char* range, const char* triangle, const int* n, double* a,
                        const int* lda, const double* vl, const double* vu, const int* il, const int* iu,
                        const double* abstol, int* found, double* w, double* z, const int* ldz, int* support,
                        double* work, const int* lwork, int* iwork, const int* liwork, int* info);

namespace miura::linalg {

SingleThreadBlas::SingleThreadBlas() : before_(openblas_get_num_threads()) { openblas_set_num_threads(1); }
SingleThreadBlas::~SingleThreadBlas() { openblas_set_num_threads(before_); }

Eigenpairs largest_eigenpairs(std::vector<double> matrix, std::int32_t n, std::int32_t count) {
  const SingleThreadBlas one_thread;
  const int first = n - count + 1, last = n;  // LAPACK counts from the smallest, from 1
  const double unused = 0, accuracy = 0;      // 0: as accurate as LAPACK can
  int found = 0, info = 0;
  std::vector<double> ascending(n), vectors(std::int64_t{n} * count);
  std::vector<int> support(std::int64_t{2} * n), iwork(1);
  std::vector<double> work(1);
  const auto call = [&](int lwork, int liwork) {  // the upper triangle row by row is the lower one to Fortran
    dsyevr_("V", "I", "L", &n, matrix.data(), &n, &unused, &unused, &first, &last, &accuracy, &found, ascending.data(),
            vectors.data(), &n, support.data(), work.data(), &lwork, iwork.data(), &liwork, &info);
  };
  call(-1, -1);  // asks for the sizes of the workspaces
  const auto lwork = static_cast<int>(work[0]);
  const int liwork = iwork[0];
  work.resize(lwork);
  iwork.resize(liwork);
  call(lwork, liwork);
  if (info != 0 || found != count)
    throw std::runtime_error("LAPACK dsyevr found " + std::to_string(found) + " of " + std::to_string(count) +
                             " eigenvalues, info " + std::to_string(info));
  Eigenpairs pairs;
  for (std::int64_t k = count - 1; k >= 0; --k) {
    pairs.value.push_back(ascending[k]);
    pairs.vector.insert(pairs.vector.end(), vectors.begin() + k * n, vectors.begin() + (k + 1) * n);
  }
  return pairs;
}

}  // namespace miura::linalg
