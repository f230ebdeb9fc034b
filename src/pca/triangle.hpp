#pragma once

#include <cstdint>

namespace miura::pca {

/// Symmetric matrix, upper triangle: entry (i, j), i <= j, at row_offset(i) + j.
struct Triangle {
  std::int64_t n;
  std::int64_t size() const noexcept { return n * (n + 1) / 2; }
  std::int64_t row_offset(std::int64_t i) const noexcept { return i * n - i * (i - 1) / 2 - i; }
};

}  // namespace miura::pca
