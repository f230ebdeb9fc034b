#pragma once

#include <cstdint>
#include <vector>

namespace miura::linalg {

/// While it lives, OpenBLAS uses one thread: its results change with their number.
class SingleThreadBlas {
public:
  SingleThreadBlas();
  ~SingleThreadBlas();
  SingleThreadBlas(const SingleThreadBlas&) = delete;
  SingleThreadBlas& operator=(const SingleThreadBlas&) = delete;

private:
  int before_;
};

/// Eigenvalues, the largest first, and their vectors.
struct Eigenpairs {
  std::vector<double> value;
  std::vector<double> vector;  ///< a row of n an eigenvalue, of length 1; the sign is LAPACK's
};

/// The `count` largest eigenvalues of a symmetric n x n matrix, row-major, of which the upper triangle is read, by
/// LAPACK's dsyevr with one thread: the same bits on one machine, whatever the number of threads around. Not
/// collective. Throws std::runtime_error where LAPACK finds fewer.
Eigenpairs largest_eigenpairs(std::vector<double> matrix, std::int32_t n, std::int32_t count);

}  // namespace miura::linalg
