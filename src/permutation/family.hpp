#pragma once

#include <mpi.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "miura/permutation/rank_tests.hpp"
#include "miura/permutation/relabelings.hpp"
#include "permutation/drawn_relabelings.hpp"
#include "permutation/ordered_tests.hpp"

namespace miura::permutation {

/// What both ways of relabeling need to know of a family.
struct Family {
  Family(const RankTests& all_tests, const Options& all_options);

  const RankTests& tests;
  const Options& options;
  Relabelings relabelings;
  std::vector<std::int64_t> s;      ///< of each test
  std::vector<double> norm;         ///< sqrt(sum R_x^2 sum R_y^2), the largest |S| could be
  std::vector<double> t;            ///< |rho|, rho or -rho, as the side asks
  std::vector<std::int64_t> order;  ///< tests, least extreme first
  bool one_norm;                    ///< S itself compares
};

/// What is meant by "as extreme as T": values within this share of each other are equal (T_b >= T (1 - 1e-12)).
inline constexpr double equal_share = 1e-12;
inline double least_as_extreme(double t) { return t - equal_share * std::abs(t); }

/// The family's tests in their order, without thresholds; x has the sign of the side.
template <class Lane>
OrderedTests<Lane> in_order(const Family& family);

/// Counts over the drawn relabelings 1 .. permutations and, as number 0, the identity; those that are not asked for
/// hold the identity alone. Collective; summed over ranks.
Counts count_drawn_relabelings(MPI_Comm comm, const Family& family, Counted counted);

/// Collective.
void sum_over_ranks(MPI_Comm comm, Counts& counts);

}  // namespace miura::permutation
