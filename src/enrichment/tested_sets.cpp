#include "enrichment/tested_sets.hpp"

namespace miura::enrichment {

Universe::Universe(std::span<const std::string> names) {
  number.reserve(names.size());
  for (const auto& name : names)
    if (number.try_emplace(name, static_cast<std::int32_t>(gene.size())).second) gene.push_back(name);
}

TestedSets::TestedSets(const Universe& universe, const matrix::GeneSets& sets, const SetSizes& sizes) {
  for (std::int64_t s = 0; s < std::ssize(sets); ++s) {
    for (const auto& name : sets[s].gene)
      if (const auto known = universe.number.find(name); known != universe.number.end()) gene.push_back(known->second);
    const auto n = std::ssize(gene) - start.back();
    if (n < sizes.least || n > sizes.most) {
      gene.resize(start.back());
      continue;
    }
    set.push_back(s);
    start.push_back(std::ssize(gene));
  }
}

std::string joined(std::span<const std::string> names) {
  std::string text;
  for (const auto& name : names) {
    if (!text.empty()) text += ';';
    text += name;
  }
  return text;
}

}  // namespace miura::enrichment
