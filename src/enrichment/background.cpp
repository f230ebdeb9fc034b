#include "miura/enrichment/background.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace miura::enrichment {

Background::Background(std::span<const matrix::Interval> regions) {
  if (regions.empty()) throw std::logic_error("a background without regions");
  std::vector<const matrix::Interval*> sorted;
  for (const auto& region : regions) sorted.push_back(&region);
  std::ranges::sort(sorted, {}, [](const auto* r) { return std::tie(r->chromosome, r->start); });
  for (const auto* region : sorted) {
    if (number_.try_emplace(region->chromosome, chromosomes_.size()).second) chromosomes_.emplace_back();
    auto& [start, end, before] = chromosomes_.back();
    if (!end.empty() && region->start <= end.back()) {
      end.back() = std::max(end.back(), region->end);
      continue;
    }
    start.push_back(region->start);
    end.push_back(region->end);
  }
  for (auto& [start, end, before] : chromosomes_) {
    std::int64_t bases = bounds_.back();
    for (std::size_t i = 0; i < start.size(); ++i) {
      before.push_back(bases);
      bases += end[i] - start[i];
    }
    bounds_.push_back(bases);
  }
}

std::int64_t Background::Chromosome::inside(std::int64_t position) const {
  const auto next = std::ranges::upper_bound(start, position) - start.begin();
  if (next == 0) return before[0];
  return before[next - 1] + std::min(position, end[next - 1]) - start[next - 1];
}

std::vector<Placed> Background::place(std::span<const matrix::Interval> intervals) const {
  std::vector<Placed> placed;
  for (const auto& interval : intervals) {
    const auto known = number_.find(interval.chromosome);
    if (known == number_.end()) continue;
    const auto& chromosome = chromosomes_[known->second];
    const Placed inside{chromosome.inside(interval.start), chromosome.inside(interval.end)};
    if (inside.start < inside.end) placed.push_back(inside);
  }
  std::ranges::sort(placed, {}, [](const Placed& p) { return std::tie(p.start, p.end); });
  return placed;
}

}  // namespace miura::enrichment
