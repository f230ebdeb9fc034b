#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "miura/enrichment/over_representation.hpp"
#include "miura/matrix/gene_sets.hpp"

namespace miura::enrichment {

/// The different genes that were tested, numbered in the order in which they come first. Names belong to the caller.
struct Universe {
  std::vector<std::string_view> gene;
  std::unordered_map<std::string_view, std::int32_t> number;

  explicit Universe(std::span<const std::string> names);
  std::int64_t size() const noexcept { return std::ssize(gene); }
};

/// The sets of a size that is looked at, as genes of the universe.
struct TestedSets {
  std::vector<std::int64_t> set;  ///< indices of the input, ascending
  std::vector<std::int64_t> start{0};
  std::vector<std::int32_t> gene;  ///< of set i: start[i] .. start[i + 1], in the order of the set

  TestedSets(const Universe& universe, const matrix::GeneSets& sets, const SetSizes& sizes);
  std::int64_t size() const noexcept { return std::ssize(set); }
  std::span<const std::int32_t> of(std::int64_t i) const noexcept {
    return std::span(gene).subspan(start[i], start[i + 1] - start[i]);
  }
};

/// Names between semicolons.
std::string joined(std::span<const std::string> names);

}  // namespace miura::enrichment
