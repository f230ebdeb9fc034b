#include "sign_flips.hpp"

#include <algorithm>
#include <cstdlib>

#include "miura/stats/random.hpp"

namespace miura::markers {

namespace {

bool is_exact(std::int64_t n_lots, const LotConsistencyOptions& options) {
  return n_lots <= std::min(options.exact_up_to, 24);
}

constexpr std::int64_t tile = 256;  // genes at a time: 16 sums of four lots are 16 kB

/// For some genes and every four lots: the sums of their differences for all 16 choices of signs.
class SumsOfFour {
public:
  SumsOfFour(const ScaledDifferences& d, std::int64_t first, std::int64_t n_genes, std::int64_t n_fours)
      : sum_(n_fours * 16 * tile) {
    for (std::int64_t four = 0; four < n_fours; ++four)
      for (std::int64_t signs = 0; signs < 16; ++signs)
        for (std::int64_t k = 0; k < 4 && 4 * four + k < d.n_lots; ++k) {
          const std::int32_t sign = (signs >> k) & 1 ? -1 : 1;
          const auto* from = d.value.data() + (4 * four + k) * d.n_genes + first;
          auto* to = sum_.data() + (four * 16 + signs) * tile;
          for (std::int64_t g = 0; g < n_genes; ++g) to[g] += sign * from[g];
        }
  }
  const std::int32_t* of(std::int64_t four, std::uint8_t signs) const noexcept {
    return sum_.data() + (four * 16 + signs) * tile;
  }

private:
  std::vector<std::int32_t> sum_;
};

void count_tile(const ScaledDifferences& differences, const Flips& flips, std::int64_t first, FlipCounts& counts,
                std::vector<std::int32_t>& maximum) {
  const auto n_genes = std::min(tile, differences.n_genes - first);
  const SumsOfFour sums(differences, first, n_genes, flips.n_fours);
  std::vector<std::int32_t> statistic(tile), sum(tile), as_extreme(tile);
  for (std::int64_t g = 0; g < n_genes; ++g) statistic[g] = differences.statistic(first + g);
  for (std::int64_t b = 0; b < flips.n_flips; ++b) {
    std::ranges::fill(sum, 0);
    for (std::int64_t four = 0; four < flips.n_fours; ++four) {
      const auto* part = sums.of(four, flips.lots[b * flips.n_fours + four]);
      for (std::int64_t g = 0; g < n_genes; ++g) sum[g] += part[g];
    }
    auto largest = maximum[b];
    for (std::int64_t g = 0; g < n_genes; ++g) {
      const auto size = std::abs(sum[g]);
      as_extreme[g] += size >= statistic[g] ? 1 : 0;
      largest = std::max(largest, size);
    }
    maximum[b] = largest;
  }
  std::copy_n(as_extreme.begin(), n_genes, counts.as_extreme.begin() + first);
}

}  // namespace

std::int32_t ScaledDifferences::statistic(std::int64_t gene) const noexcept {
  std::int32_t sum = 0;
  for (std::int64_t l = 0; l < n_lots; ++l) sum += value[l * n_genes + gene];
  return std::abs(sum);
}

std::int64_t n_flips_of(std::int64_t n_lots, const LotConsistencyOptions& options) {
  return is_exact(n_lots, options) ? std::int64_t{1} << (n_lots - 1) : 1 + options.draws;
}

Flips flips_of(std::int64_t n_lots, std::uint64_t stream, const LotConsistencyOptions& options) {
  const bool exact = is_exact(n_lots, options);
  Flips flips{.n_flips = n_flips_of(n_lots, options), .n_fours = (n_lots + 3) / 4, .lots = {}};
  flips.lots.reserve(flips.n_flips * flips.n_fours);
  for (std::int64_t b = 0; b < flips.n_flips; ++b) {
    stats::RandomStream random(options.seed, stats::Purpose::sign_flip, (stream << 32) + static_cast<std::uint64_t>(b));
    for (std::int64_t four = 0; four < flips.n_fours; ++four)  // of b alone the last lot's bit is never set
      flips.lots.push_back(b == 0  ? std::uint8_t{0}
                           : exact ? static_cast<std::uint8_t>((b >> (4 * four)) & 15)
                                   : static_cast<std::uint8_t>(random() >> 28));
  }
  return flips;
}

FlipCounts count_flips(const ScaledDifferences& differences, const Flips& flips) {
  FlipCounts counts{std::vector<std::int64_t>(differences.n_genes), std::vector<std::int32_t>(flips.n_flips)};
#pragma omp parallel
  {
    std::vector<std::int32_t> maximum(flips.n_flips);
#pragma omp for schedule(dynamic, 1)
    for (std::int64_t first = 0; first < differences.n_genes; first += tile)
      count_tile(differences, flips, first, counts, maximum);
#pragma omp critical
    for (std::int64_t b = 0; b < flips.n_flips; ++b) counts.maximum[b] = std::max(counts.maximum[b], maximum[b]);
  }
  return counts;
}

}  // namespace miura::markers
