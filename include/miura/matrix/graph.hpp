#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/parallel/partition.hpp"

namespace miura::matrix {

/// The k nearest points of each of this rank's queries, nearest first: n_local x k, row-major.
/// Where fewer than k points exist, id is -1 and distance infinite.
struct Neighbors {
  parallel::Partition queries;
  std::int32_t k = 0;
  std::vector<std::int64_t> id;  ///< global index of the point
  std::vector<float> distance;   ///< Euclidean

  std::int64_t n_local() const noexcept { return k > 0 ? std::ssize(id) / k : 0; }
};

/// Undirected weighted graph without self edges; each rank holds the edges of its own vertices, both ways round.
/// Weights are integers, so that their sums have the same bits on any number of ranks.
struct Graph {
  parallel::Partition vertices;
  std::vector<std::int64_t> row_start{0};  ///< n_local + 1
  std::vector<std::int64_t> neighbor;      ///< global index, ascending within a vertex
  std::vector<std::int32_t> weight;        ///< > 0; the unit is `weight_unit`
  double weight_unit = 1.0;                ///< true weight = weight x weight_unit

  std::int64_t n_local() const noexcept { return std::ssize(row_start) - 1; }
};

}  // namespace miura::matrix
