#include "enrichment/running_sum.hpp"

#include <algorithm>

namespace miura::enrichment {

Memberships::Memberships(const TestedSets& tested, std::int64_t n_genes) : start(n_genes + 1), set(tested.gene.size()) {
  for (const auto gene : tested.gene) ++start[gene + 1];
  for (std::int64_t g = 0; g < n_genes; ++g) start[g + 1] += start[g];
  auto next = start;
  for (std::int64_t s = 0; s < tested.size(); ++s)
    for (const auto gene : tested.of(s)) set[next[gene]++] = static_cast<std::int32_t>(s);
}

RunningSums::RunningSums(const Memberships& memberships, const TestedSets& tested, std::int64_t n_genes)
    : memberships_(memberships),
      tested_(tested),
      n_genes_(n_genes),
      weight_of_all_(tested.size()),
      sums_(tested.size()) {}

void RunningSums::walk(std::span<const std::int32_t> order, std::span<const double> weight, const TiedPlaces& tied) {
  const auto sets_of = [&](std::int32_t gene) {
    return std::span(memberships_.set)
        .subspan(memberships_.start[gene], memberships_.start[gene + 1] - memberships_.start[gene]);
  };
  std::ranges::fill(weight_of_all_, 0.0);
  for (std::int64_t i = 0; i < n_genes_; ++i)
    for (const auto s : sets_of(order[i])) weight_of_all_[s] += weight[i];
  for (std::int64_t s = 0; s < std::ssize(sums_); ++s) {
    const auto size = std::ssize(tested_.of(s));
    const bool has_weight = weight_of_all_[s] > 0;
    auto& sum = sums_[s] = {};
    sum.extra_weight = has_weight ? 0 : 1;
    sum.per_weight = 1 / (has_weight ? weight_of_all_[s] : static_cast<double>(size));
    sum.per_miss = size < n_genes_ ? 1 / static_cast<double>(n_genes_ - size) : 0;
  }
  // Within a tie the sum in front of it is smallest at its first hit, and the sum behind it largest at its last one: so
  // every hit may look at both.
  for (std::int64_t i = 0; i < n_genes_; ++i)
    for (const auto s : sets_of(order[i])) {
      auto& sum = sums_[s];
      const auto begin = tied.begin[i], last = tied.end[i] - 1;
      if (const double before = sum.hit - (begin - sum.n_hits) * sum.per_miss; before < sum.lowest) {
        sum.lowest = before;
        sum.lowest_at = begin;
      }
      sum.hit += (weight[i] + sum.extra_weight) * sum.per_weight;
      if (const double after = sum.hit - (last - sum.n_hits) * sum.per_miss; after > sum.highest) {
        sum.highest = after;
        sum.highest_at = last;
      }
      ++sum.n_hits;
    }
}

}  // namespace miura::enrichment
