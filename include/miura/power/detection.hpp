#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/power/critical_value.hpp"
#include "miura/stats/correlation_interval.hpp"

namespace miura::power {

/// Pearson's r of a bivariate normal distribution whose Spearman's rho is `rho`: 2 sin(pi rho / 6), and back.
double pearson_of_spearman(double rho);
double spearman_of_pearson(double r);

/// How often simulated studies declare one true association.
struct Detection {
  std::int64_t replicates = 0;
  std::int64_t declared = 0;   ///< |S| reaches the critical value of the family
  std::int64_t confirmed = 0;  ///< and as many new lots give p <= alpha in one one-sided test of the declared sign

  double power() const { return static_cast<double>(declared) / static_cast<double>(replicates); }
  double power_confirmed() const { return static_cast<double>(confirmed) / static_cast<double>(replicates); }
};

/// Share and outcome of a lot are bivariate normal up to monotone transformations, with Spearman's `rho`, |rho| < 1.
/// Replicate r draws the same normal numbers whatever the rho and, lot by lot, whatever the number of lots, so that
/// powers of one seed differ by less than their own errors. Collective; replicates are dealt over ranks and threads.
Detection detection(MPI_Comm comm, double rho, const Critical& family, std::int64_t one_sided_s,
                    const Options& options);

/// Smallest rho on a grid of 0.01 that `critical.n_lots` lots declare with this power; NaN if 0.99 is not. Collective.
double detectable_rho(MPI_Comm comm, const Critical& critical, double power, const Options& options);

/// Fewest lots that declare each of `rho` with this power; 0 where `limit` lots do not. Collective.
std::vector<std::int32_t> lots_needed(MPI_Comm comm, const Family& family, std::span<const double> rho, double power,
                                      std::int32_t limit, const Options& options);

}  // namespace miura::power
