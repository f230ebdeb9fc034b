#include "miura/permutation/paired.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "miura/base/error.hpp"
#include "miura/permutation/paired_statistics.hpp"
#include "permutation/label_maxima.hpp"

namespace miura::permutation {

std::vector<LotPair> pairs_of(std::span<const std::int32_t> group, std::span<const std::int32_t> pair) {
  std::map<std::int32_t, std::size_t> index;
  std::vector<LotPair> pairs;
  for (std::int32_t lot = 0; lot < std::ssize(group); ++lot) {
    const auto [at, is_new] = index.try_emplace(pair[lot], pairs.size());
    if (is_new) pairs.emplace_back();
    auto& place = group[lot] == 1 ? pairs[at->second].one : pairs[at->second].zero;
    if (place >= 0) throw UsageError("a pair has two lots of one group");
    place = lot;
  }
  if (std::ranges::any_of(pairs, [](const LotPair& p) { return p.zero < 0 || p.one < 0; }))
    throw UsageError("a pair has lots of one group only");
  return pairs;
}

TwoSampleResult paired_max_t(MPI_Comm comm, std::span<const double> feature, std::span<const std::int32_t> group,
                             std::span<const std::int32_t> pair, Paired statistic, const Options& options) {
  auto pairs = pairs_of(group, pair);
  if (pairs.size() < 2) throw UsageError("a paired statistic needs at least two pairs");
  const Labelings labelings(group, pair, options);
  const PairedStatistics of_pairs(feature, labelings.n_lots(), std::move(pairs), statistic, options.side);
  return max_t_of(comm, of_pairs, labelings, options);
}

}  // namespace miura::permutation
