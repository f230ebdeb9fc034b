#include "pca/exact.hpp"

#include <algorithm>
#include <vector>

#include "miura/parallel/communicator.hpp"

namespace miura::pca {

void sum_over_ranks(MPI_Comm comm, std::span<Int128> values) {
  constexpr int low_bits = 48;  // 15 bits are left for the carries of the ranks
  constexpr Int128 low_mask = (Int128{1} << low_bits) - 1;
  constexpr std::int64_t piece = std::int64_t{1} << 20;
  std::vector<std::int64_t> words(2 * std::min(piece, std::ssize(values)));
  for (std::int64_t from = 0; from < std::ssize(values); from += piece) {
    const auto part = values.subspan(from, std::min(piece, std::ssize(values) - from));
    const auto n = std::ssize(part);
    for (std::int64_t i = 0; i < n; ++i) {
      words[2 * i] = static_cast<std::int64_t>(part[i] >> low_bits);
      words[2 * i + 1] = static_cast<std::int64_t>(part[i] & low_mask);
    }
    parallel::sum_over_ranks(comm, std::span(words).first(2 * n));
    for (std::int64_t i = 0; i < n; ++i) part[i] = (Int128{words[2 * i]} << low_bits) + words[2 * i + 1];
  }
}

}  // namespace miura::pca
