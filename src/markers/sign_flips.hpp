#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/markers/lot_consistency.hpp"

namespace miura::markers {

/// Differences of genes over lots, each gene scaled to the norm 2^26 and rounded: |sum| is its statistic, as an
/// integer. Of 1,000 lots the sum still fits into 32 bits.
struct ScaledDifferences {
  static constexpr double unit = 0x1p-26;
  std::int64_t n_lots = 0, n_genes = 0;
  std::vector<std::int32_t> value;  ///< n_lots x n_genes

  std::int32_t statistic(std::int64_t gene) const noexcept;
};

/// Which lots change their sign, flip after flip; the first flip changes none. All of them, up to the sign of the
/// whole, or drawn ones. Four lots are one number below 16, so that sums of four are looked up.
struct Flips {
  std::int64_t n_flips = 0, n_fours = 0;
  std::vector<std::uint8_t> lots;  ///< n_flips x n_fours, bit k of number f: lot 4 f + k
};
std::int64_t n_flips_of(std::int64_t n_lots, const LotConsistencyOptions& options);
/// `stream` tells the draws of one contrast from those of another.
Flips flips_of(std::int64_t n_lots, std::uint64_t stream, const LotConsistencyOptions& options);

struct FlipCounts {
  std::vector<std::int64_t> as_extreme;  ///< a gene: flips whose |sum| is at least its own
  std::vector<std::int32_t> maximum;     ///< a flip: the largest |sum| over the genes; 0 without genes
};
/// Not collective. OpenMP over genes.
FlipCounts count_flips(const ScaledDifferences& differences, const Flips& flips);

}  // namespace miura::markers
