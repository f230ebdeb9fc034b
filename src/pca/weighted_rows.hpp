#pragma once

#include <cstdint>
#include <span>

namespace miura::pca {

/// Columns of a panel: as many sums as fit the registers of AVX-512 and AVX2 and hide the latency of an addition.
inline constexpr std::int32_t panel_width = 32;

/// A row of a panel and what it is to be taken times.
struct WeightedRow {
  double weight;
  std::int32_t row;
};

/// Adds rows of a panel (n x `panel_width`) times their weights to `panel_width` sums, row after row: each product and
/// each sum is rounded, so that the bits are the same on every processor. Uses AVX-512, AVX2 or what the processor has.
void add_weighted_rows(const double* panel, std::span<const WeightedRow> rows, double* sums);

}  // namespace miura::pca
