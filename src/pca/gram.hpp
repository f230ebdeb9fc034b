#pragma once

#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "pca/exact.hpp"
#include "pca/reference.hpp"
#include "pca/triangle.hpp"

namespace miura::pca {

/// Sums over the reference cells of products of cut values, exact.
struct Gram {
  Triangle shape;
  std::vector<std::int32_t> place;   ///< of each feature in the triangle
  std::vector<std::int64_t> narrow;  ///< empty where 64 bits could overflow
  std::vector<Int128> wide;          ///< empty where `narrow` holds the sums

  Int128 at(std::int32_t i, std::int32_t j) const noexcept {
    const auto [first, second] = std::minmax(place[i], place[j]);
    const auto entry = shape.row_offset(first) + second;
    return wide.empty() ? Int128{narrow[entry]} : wide[entry];
  }
};

/// Collective; every rank gets the whole. Time: nonzeros x nonzeros a cell / 2, less where many features are frequent.
/// Memory: a triangle of 64-bit sums and 5 kB a feature a thread, and a triangle of 128 bits where the sums of all
/// cells do not fit 64.
Gram exact_gram(MPI_Comm comm, const ScaledReference& z);

}  // namespace miura::pca
