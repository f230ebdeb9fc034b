#pragma once

#include <gtest/gtest.h>
#include <petscsys.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "miura/matrix/graph.hpp"
#include "miura/neighborhood/abundance.hpp"
#include "miura/neighborhood/union_graph.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace miura::neighborhood_test {

/// Initialised before the first test and finalised after the last, while MPI lives.
struct Petsc : testing::Environment {
  void SetUp() override { ASSERT_EQ(PetscInitializeNoArguments(), 0); }
  void TearDown() override { EXPECT_EQ(PetscFinalize(), 0); }
};
inline const auto* const petsc = testing::AddGlobalTestEnvironment(new Petsc);  // GoogleTest owns it

inline int my_rank() { return parallel::rank_of(MPI_COMM_WORLD); }
inline int n_ranks() { return parallel::size_of(MPI_COMM_WORLD); }

/// Points with coordinates in the plane, and the lot of each; replicated.
struct Plane {
  std::vector<std::pair<double, double>> at = {};
  std::vector<std::int32_t> lot = {};
  std::int32_t n_lots = 0;
  std::int64_t size() const { return std::ssize(at); }
};

/// Uniform in the unit square; lots by turns.
inline Plane scattered(std::int64_t n, std::int32_t n_lots, std::uint64_t seed = 1) {
  Plane plane{.n_lots = n_lots};
  for (std::int64_t i = 0; i < n; ++i) {
    stats::RandomStream random(seed, stats::Purpose::simulate, static_cast<std::uint64_t>(i));
    const double x = random.uniform();
    plane.at.emplace_back(x, random.uniform());
    plane.lot.push_back(static_cast<std::int32_t>(i % n_lots));
  }
  return plane;
}

/// The k nearest others of the points `queries` gives to this rank; ties by index.
inline matrix::Neighbors nearest(const Plane& plane, std::int32_t k, const parallel::Partition& queries, int rank) {
  matrix::Neighbors neighbors{queries, k, {}, {}};
  for (auto i = queries.begin(rank); i < queries.end(rank); ++i) {
    std::vector<std::pair<double, std::int64_t>> others;
    for (std::int64_t j = 0; j < plane.size(); ++j) {
      const double dx = plane.at[i].first - plane.at[j].first, dy = plane.at[i].second - plane.at[j].second;
      if (j != i) others.emplace_back(dx * dx + dy * dy, j);
    }
    std::ranges::sort(others);
    for (std::int32_t c = 0; c < k; ++c) {
      const bool exists = c < std::ssize(others);
      neighbors.id.push_back(exists ? others[c].second : -1);
      neighbors.distance.push_back(exists ? static_cast<float>(others[c].first) : 0.0F);
    }
  }
  return neighbors;
}

/// What of a replicated array belongs to this rank.
template <class T>
std::span<const T> mine(const std::vector<T>& all, const parallel::Partition& rows, int rank, std::int64_t width = 1) {
  return std::span(all).subspan(rows.begin(rank) * width, rows.n_local(rank) * width);
}

/// All on the last rank: the others own nothing.
inline parallel::Partition all_on_the_last(std::int64_t size) {
  return parallel::Partition::from_local(MPI_COMM_WORLD, my_rank() == n_ranks() - 1 ? size : 0);
}

inline neighborhood::Abundance abundance_of(MPI_Comm comm, const Plane& plane, std::int32_t k,
                                            const parallel::Partition& cells, const neighborhood::AbundanceOptions& o) {
  const int rank = parallel::rank_of(comm);
  const auto graph = neighborhood::union_graph(comm, nearest(plane, k, cells, rank), k);
  return neighborhood::abundance(comm, graph, mine(plane.lot, cells, rank), plane.n_lots, o);
}

}  // namespace miura::neighborhood_test
