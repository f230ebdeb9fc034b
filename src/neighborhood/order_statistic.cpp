#include "neighborhood/order_statistic.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "miura/parallel/communicator.hpp"

namespace miura::neighborhood {

namespace {

constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;

/// Integers in the order of the reals.
std::uint64_t key_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return (bits & sign_bit) != 0 ? ~bits : bits | sign_bit;
}
double value_of(std::uint64_t key) { return std::bit_cast<double>((key & sign_bit) != 0 ? key & ~sign_bit : ~key); }

/// The key with `rank` smaller or equal ones before it, 16 bits after another from the top: counts travel, not values.
std::uint64_t select(MPI_Comm comm, std::span<const std::uint64_t> keys, std::int64_t rank) {
  std::uint64_t found = 0, known = 0;  // bits of the answer, and which are settled
  for (int shift = 48; shift >= 0; shift -= 16) {
    std::vector<std::int64_t> count(std::size_t{1} << 16);
    for (const auto key : keys)
      if ((key & known) == found) ++count[(key >> shift) & 0xFFFF];
    parallel::sum_over_ranks(comm, std::span(count));
    std::uint64_t digit = 0;
    while (rank >= count[digit]) rank -= count[digit++];
    found |= digit << shift;
    known |= std::uint64_t{0xFFFF} << shift;
  }
  return found;
}

}  // namespace

double median_over_ranks(MPI_Comm comm, std::span<const double> mine) {
  std::vector<std::uint64_t> keys;
  for (const auto value : mine)
    if (!std::isnan(value)) keys.push_back(key_of(value));
  const auto n = parallel::sum_over_ranks(comm, std::ssize(keys));
  if (n == 0) return std::numeric_limits<double>::quiet_NaN();
  const double upper = value_of(select(comm, keys, n / 2));
  return n % 2 == 1 ? upper : (value_of(select(comm, keys, n / 2 - 1)) + upper) / 2;
}

}  // namespace miura::neighborhood
