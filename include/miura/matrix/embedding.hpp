#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/parallel/partition.hpp"

namespace miura::matrix {

/// Points in a low-dimensional space, e.g. principal component scores: this rank's cells x n_dims, row-major.
struct Embedding {
  parallel::Partition points;
  std::int32_t n_dims = 0;
  std::vector<float> value;

  std::int64_t n_local() const noexcept { return n_dims > 0 ? std::ssize(value) / n_dims : 0; }
  std::span<const float> row(std::int64_t i) const noexcept { return std::span(value).subspan(i * n_dims, n_dims); }
};

}  // namespace miura::matrix
