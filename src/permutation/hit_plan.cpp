#include "permutation/hit_plan.hpp"

#include <algorithm>

#include "miura/stats/disjoint_sets.hpp"

namespace miura::permutation {

namespace {

template <class Visit>
void for_each_test(const HitRule& rule, std::int64_t unit, Visit visit) {
  for (std::int64_t t = 0; t < rule.n_terms(unit); ++t)
    for (const auto& signed_test : rule.term(unit, t)) visit(signed_test.test);
}

}  // namespace

HitPlan::HitPlan(const RankTests& all_tests, std::span<const HitRule> all_rules, std::int64_t most_tests)
    : chunk_start{0}, place(all_tests.size(), -1) {
  stats::DisjointSets<std::int32_t> families(all_tests.size());  // of tests that units have in common
  std::vector<std::uint8_t> asked(all_tests.size());
  for (const auto& rule : all_rules)
    for (std::int64_t u = 0; u < rule.n_units(); ++u) {
      std::int32_t first = -1;
      for_each_test(rule, u, [&](std::int32_t t) {
        asked[t] = 1;
        if (first < 0) first = t;
        families.unite(first, t);
      });
    }
  for (std::int32_t t = 0; t < all_tests.size(); ++t)
    if (asked[t] != 0) test.push_back(t);
  std::ranges::stable_sort(test, {}, [&](std::int32_t t) { return families.of(t); });

  std::vector<std::int32_t> chunk_of(all_tests.size(), -1);
  std::int64_t family_start = 0;
  for (std::int64_t i = 0; i <= std::ssize(test); ++i) {
    if (i < std::ssize(test) && families.of(test[i]) == families.of(test[family_start])) continue;
    if (i - chunk_start.back() > most_tests && family_start > chunk_start.back()) chunk_start.push_back(family_start);
    family_start = i;
  }
  if (!test.empty()) chunk_start.push_back(std::ssize(test));
  for (std::int64_t c = 0; c < n_chunks(); ++c) {
    const auto from = test.begin() + chunk_start[c], end = test.begin() + chunk_start[c + 1];
    std::stable_sort(from, end, [&](auto a, auto b) { return all_tests.pair[a].outcome < all_tests.pair[b].outcome; });
    for (auto at = from; at != end; ++at) {
      chunk_of[*at] = static_cast<std::int32_t>(c);
      place[*at] = static_cast<std::int32_t>(at - from);
    }
  }
  for (const auto& rule : all_rules) {
    auto& of_rule = units.emplace_back(n_chunks());
    for (std::int64_t u = 0; u < rule.n_units(); ++u) of_rule[chunk_of[rule.term(u, 0).front().test]].push_back(u);
  }
}

std::int64_t HitPlan::largest_chunk() const noexcept {
  std::int64_t largest = 0;
  for (std::int64_t c = 0; c < n_chunks(); ++c) largest = std::max(largest, chunk_start[c + 1] - chunk_start[c]);
  return largest;
}

}  // namespace miura::permutation
