#include "sort_entries.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace miura::markers {

namespace {

constexpr int digit_bits = 9;  // expression between 0.1 and 8 spans 26 bits and a bit: three passes, tables in L1
constexpr std::int64_t n_buckets = std::int64_t{1} << digit_bits;

}  // namespace

void sort_entries(std::span<Entry> entries, std::vector<Entry>& scratch) {
  if (std::ssize(entries) < n_buckets) {
    std::ranges::sort(entries);
    return;
  }
  auto [low, high] = std::pair(~std::uint32_t{0}, std::uint32_t{0});
  for (const auto entry : entries) {
    low = std::min(low, key_of(entry));
    high = std::max(high, key_of(entry));
  }
  if (std::size(scratch) < std::size(entries)) scratch.resize(entries.size());
  auto from = entries, to = std::span(scratch).first(entries.size());
  for (int shift = 0, bits = std::bit_width(high - low); shift < bits; shift += digit_bits) {
    const auto digit = [&](Entry entry) { return ((key_of(entry) - low) >> shift) & (n_buckets - 1); };
    std::array<std::int64_t, n_buckets> next{};
    for (const auto entry : from) ++next[digit(entry)];
    std::int64_t at = 0;
    for (auto& bucket : next) at += std::exchange(bucket, at);
    for (const auto entry : from) to[next[digit(entry)]++] = entry;
    std::swap(from, to);
  }
  if (from.data() != entries.data()) std::ranges::copy(from, entries.begin());
}

}  // namespace miura::markers
