#pragma once

#include <cblas.h>

namespace miura::pca {

/// While it lives, OpenBLAS uses one thread: its results change with their number.
class SingleThreadBlas {
public:
  SingleThreadBlas() : before_(openblas_get_num_threads()) { openblas_set_num_threads(1); }
  ~SingleThreadBlas() { openblas_set_num_threads(before_); }
  SingleThreadBlas(const SingleThreadBlas&) = delete;
  SingleThreadBlas& operator=(const SingleThreadBlas&) = delete;

private:
  int before_;
};

}  // namespace miura::pca
