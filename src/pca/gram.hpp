#pragma once

#include <mpi.h>

#include <cstdint>
#include <vector>

#include "pca/exact.hpp"
#include "pca/reference.hpp"

namespace miura::pca {

/// Symmetric matrix over features, upper triangle: entry (i, j), i <= j, at row_offset(i) + j.
struct Triangle {
  std::int64_t n;
  std::int64_t size() const noexcept { return n * (n + 1) / 2; }
  std::int64_t row_offset(std::int64_t i) const noexcept { return i * n - i * (i - 1) / 2 - i; }
};

/// Sums over the reference cells of products of cut values, exact.
struct Gram {
  Triangle shape;
  std::vector<std::int64_t> narrow;  ///< empty where 64 bits could overflow
  std::vector<Int128> wide;          ///< empty where `narrow` holds the sums

  Int128 at(std::int32_t i, std::int32_t j) const noexcept {
    const auto entry = shape.row_offset(i) + j;
    return wide.empty() ? Int128{narrow[entry]} : wide[entry];
  }
};

/// Collective; every rank gets the whole. Time: nonzeros x nonzeros a cell / 2. Memory: a triangle of 64-bit sums a
/// thread, and one of 128 bits where the sums of all cells do not fit 64.
Gram exact_gram(MPI_Comm comm, const ScaledReference& z);

}  // namespace miura::pca
