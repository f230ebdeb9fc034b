#pragma once

#include <cstdint>
#include <vector>

namespace miura::markers {

/// Cells of one cluster against those of another, or against all other labelled cells.
struct Contrast {
  static constexpr std::int32_t rest = -1;
  std::int32_t in = 0, out = rest;
  bool operator==(const Contrast&) const = default;
};

/// What is compared.
struct Contrasts {
  bool against_rest = true;          ///< each cluster against the rest, before the pairs
  std::vector<Contrast> pairs = {};  ///< further contrasts

  std::vector<Contrast> of(std::int32_t n_clusters) const {
    std::vector<Contrast> all;
    for (std::int32_t k = 0; against_rest && k < n_clusters; ++k) all.push_back({k, Contrast::rest});
    all.insert(all.end(), pairs.begin(), pairs.end());
    return all;
  }
};

}  // namespace miura::markers
