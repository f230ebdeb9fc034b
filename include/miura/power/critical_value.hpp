#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/composition.hpp"

namespace miura::power {

/// How the numbers of a plan are found.
struct Options {
  double alpha = 0.05;                       ///< family-wise error of a declaration
  std::int32_t replicates = 4'000;           ///< simulated studies behind a power: its standard error is below .008
  std::int32_t null_replicates = 10'000;     ///< simulated null studies behind the critical value of a family
  std::int64_t relabelings_drawn = 400'000;  ///< behind the critical value of one test of more than 12 lots
  std::uint64_t seed = 1;                    ///< the same seed, the same bits on any number of ranks and threads
};

inline constexpr std::int32_t fewest_lots = 5;  ///< fewer cannot reach p <= .05 in any test
inline constexpr std::int32_t most_lots = 400;

/// How the shares of clusters vary together over lots: cluster x source, row-major. The share of cluster k in a lot is
/// in rank that of sum_j loading[k, j] g_j, where the g_j are independent standard normal numbers, new in every lot.
/// Only the correlation of the rows counts.
struct Pattern {
  std::int32_t n_clusters = 0, n_sources = 0;
  std::vector<double> loading;
};

/// Clusters that vary alike and share 100 %: every two are correlated by -1 / (k - 1).
Pattern even_pattern(std::int32_t n_clusters);

/// Clusters that vary together as over the lots of a finished study: loadings are the normal scores of the shares over
/// its lots, so that new lots have the study's correlations. `chosen`: which clusters (partition by partition, in the
/// order of the rows of the compositions) are tested. Lots without cells are left out. The fewer lots, the rougher.
Pattern study_pattern(std::span<const matrix::Composition> partitions, std::span<const std::uint8_t> chosen);

/// The tests that share one error rate: every cluster against every outcome.
struct Family {
  Pattern pattern = even_pattern(7);
  std::int32_t outcomes = 1;
  double outcome_correlation = 0.5;  ///< Pearson's r of every two outcomes, >= 0; not asked for where there is one
  double independent_tests = 0.0;    ///< > 0: alpha is divided by this number instead, and the pattern is not looked at
};

/// What |S| = |sum R_x R_y| must reach.
struct Critical {
  std::int32_t n_lots = 0;
  std::int64_t s = 0;              ///< smallest |S| that is declared; above what n lots can reach if nothing can be
  double rho = 0.0;                ///< the same as Spearman's rho; above 1 if nothing can be declared
  double independent_tests = 0.0;  ///< chance of the family to reach `s`, over that of one test; NaN if none can
};

/// Critical value of one two-sided test, without ties: smallest |S| with p <= alpha. Exact up to 12 lots, beyond from
/// drawn relabelings. Collective.
Critical critical_value(MPI_Comm comm, std::int32_t n_lots, double alpha, const Options& options);

/// Critical value of max |rho| over a family: smallest |S| that at most alpha of simulated null studies reach in any
/// test. Simulated studies are dealt over ranks and threads; only integers are added. Collective.
Critical critical_value(MPI_Comm comm, const Family& family, std::int32_t n_lots, const Options& options);

/// Smallest S of a one-sided test at level alpha. Collective.
std::int64_t one_sided_critical_value(MPI_Comm comm, std::int32_t n_lots, double alpha, const Options& options);

}  // namespace miura::power
