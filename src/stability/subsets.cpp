#include "stability/subsets.hpp"

#include <algorithm>
#include <utility>

#include "miura/stats/random.hpp"

namespace miura::stability {
namespace {

/// What a stream draws, so that no two replicates share numbers.
enum class Draw : std::uint64_t { cells = 1, lots, lot_order };

stats::RandomStream stream(std::uint64_t seed, Draw draw, std::int32_t replicate, std::int64_t unit) {
  constexpr int unit_bits = 40, replicate_bits = 20;
  const auto index = static_cast<std::uint64_t>(draw) << (unit_bits + replicate_bits) |
                     static_cast<std::uint64_t>(replicate) << unit_bits | static_cast<std::uint64_t>(unit);
  return {seed, stats::Purpose::bootstrap, index};
}

}  // namespace

std::vector<std::uint8_t> draw_cells(std::uint64_t seed, std::int32_t replicate, double share, std::int64_t first,
                                     std::int64_t n) {
  std::vector<std::uint8_t> stays(n);
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < n; ++i)
    stays[i] = stream(seed, Draw::cells, replicate, first + i).uniform() < share ? 1 : 0;
  return stays;
}

std::vector<std::int32_t> draw_lots(std::uint64_t seed, std::int32_t replicate, std::span<const std::int32_t> lots) {
  auto random = stream(seed, Draw::lots, replicate, 0);
  std::vector<std::int32_t> drawn;
  for (std::size_t i = 0; i < lots.size(); ++i)
    drawn.push_back(lots[random.below(static_cast<std::uint32_t>(lots.size()))]);
  std::ranges::sort(drawn);
  drawn.erase(std::ranges::unique(drawn).begin(), drawn.end());
  return drawn;
}

std::vector<std::int32_t> shuffle_lots(std::uint64_t seed, std::int32_t replicate, std::span<const std::int32_t> lots) {
  std::vector<std::pair<double, std::int32_t>> keyed;
  for (const auto lot : lots) keyed.emplace_back(stream(seed, Draw::lot_order, replicate, lot).uniform(), lot);
  std::ranges::sort(keyed);
  std::vector<std::int32_t> order;
  for (const auto& [key, lot] : keyed) order.push_back(lot);
  return order;
}

std::vector<std::int32_t> lot_numbers(std::int32_t n) {
  std::vector<std::int32_t> numbers;
  for (std::int32_t m = 2; m < n; m += std::max(1, m / 3)) numbers.push_back(m);
  if (n > 2 && numbers.back() != n - 1) numbers.push_back(n - 1);
  return numbers;
}

}  // namespace miura::stability
