#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "miura/matrix/graph.hpp"

namespace miura::umap_test {

/// What umap-learn says; tests/data/umap/ORIGIN.md.
inline const nlohmann::json& golden() {
  static const auto parsed = nlohmann::json::parse(std::ifstream(MIURA_TEST_DATA "/umap/umap_learn.json"));
  return parsed;
}

/// The neighbours of the golden points that a rank owns.
inline matrix::Neighbors golden_neighbors(const parallel::Partition& points, int rank) {
  const auto ids = golden()["neighbor"].get<std::vector<std::int64_t>>();
  const auto distances = golden()["distance"].get<std::vector<float>>();
  const auto k = golden()["k"].get<std::int32_t>() - 1;
  const auto from = points.begin(rank) * k, to = points.end(rank) * k;
  return {points, k, {ids.begin() + from, ids.begin() + to}, {distances.begin() + from, distances.begin() + to}};
}

inline std::int64_t n_golden() { return std::ssize(golden()["row_start"]) - 1; }

}  // namespace miura::umap_test
