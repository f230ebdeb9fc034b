#include "rank_gene.hpp"

#include <numeric>

namespace miura::markers {

namespace {

__extension__ using Wide = unsigned __int128;  // 10^9 tied cells are 10^27

Wide tied(std::int64_t t) {
  const auto wide = static_cast<Wide>(t);
  return wide * wide * wide - wide;
}

}  // namespace

void rank_gene(std::span<const Entry> sorted, std::span<const std::int64_t> cells, RankedGene& found) {
  const auto n = std::ssize(sorted), all = std::reduce(cells.begin(), cells.end()), zeros = all - n;
  // Zeros come first: the mean of the ranks 1 .. zeros, twice.
  for (std::size_t k = 0; k < cells.size(); ++k) found.rank_sum[k] = cells[k] * (zeros + 1);
  Wide ties = tied(zeros);
  for (std::int64_t begin = 0; begin < n;) {
    auto end = begin + 1;
    while (end < n && key_of(sorted[end]) == key_of(sorted[begin])) ++end;
    const auto doubled_rank = 2 * zeros + begin + end + 1;
    for (auto i = begin; i < end; ++i) found.rank_sum[label_of(sorted[i])] += doubled_rank - (zeros + 1);
    if (end > begin + 1) ties += tied(end - begin);
    begin = end;
  }
  found.untied = all > 1 ? static_cast<double>(tied(all) - ties) / static_cast<double>(tied(all)) : 0.0;
}

}  // namespace miura::markers
