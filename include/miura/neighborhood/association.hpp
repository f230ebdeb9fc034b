#pragma once

#include <mpi.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "miura/neighborhood/abundance.hpp"
#include "miura/permutation/rank_tests.hpp"
#include "miura/permutation/relabelings.hpp"

namespace miura::neighborhood {

struct AssociationOptions {
  /// Relabelings of the lots that are drawn; all of them where they are fewer. No p is below 1 / (this + 1).
  std::int64_t permutations = 99'999;
  std::uint64_t seed = 1;               ///< of the drawn relabelings
  std::int64_t min_cells_per_lot = 50;  ///< smaller lots are left out: their abundances say little
  bool rank_outcome = false;            ///< global test of the outcome's mid-ranks in place of its values (as cna does)
};

/// Whether an outcome can be tested, and why not. low_n (fewer than 5 lots) keeps its p where there are 3 or 4.
enum class Status { ok, low_n, constant_outcome, constant_feature, not_tested };
std::string_view name_of(Status status);

/// One outcome against all neighborhoods. What could not be computed is NaN.
struct Association {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();

  // A row of the table of global tests, replicated.
  std::int32_t n = 0;       ///< lots with this outcome and enough cells
  std::int32_t steps = 0;   ///< of the diffusion
  std::int32_t k = 0;       ///< components of the neighborhoods over lots that tell most of the outcome
  double r2 = none;         ///< share of the outcome's variance that these k components explain
  double p = none;          ///< global: that of the smallest F test over k, among relabelings
  double p_local = none;    ///< smallest p_fwer of all neighborhoods
  std::int64_t n_perm = 0;  ///< relabelings behind every p, the identity included
  std::string perm_type;    ///< exact, mc or stratified
  Status status = Status::ok;
  std::string flags;  ///< joined by ';'

  // One entry for each of this rank's cells, as the center of a neighborhood.
  std::vector<double> ncorr;   ///< Spearman's rho over lots; NaN where the abundance is the same in all lots
  std::vector<double> p_fwer;  ///< family-wise over all neighborhoods: Westfall & Young's single-step maxT, T = |rho|
  std::vector<double> fdr;     ///< empirical false discovery rate of calling all with |rho| at least this; exploratory

  // What joins this with other tests of the same lots, replicated.
  std::vector<std::int32_t> lots;                       ///< that were used, ascending
  std::vector<std::int32_t> stratum;                    ///< of those lots; empty: relabeled freely
  std::optional<permutation::Relabelings> relabelings;  ///< of those lots; none where nothing was tested
  std::vector<double> global_null;                      ///< smallest F p of each relabeling; [0] is the observed one
};

/// Which neighborhoods hold more, or less, of the lots with a high outcome, without any clusters.
///
/// Global: abundances are standardised over lots, their Gram matrix over lots is taken over all cells, and the outcome
/// is regressed on its first k eigenvectors; the smallest F p over a few k is compared with those of relabelings
/// (Reshef et al. 2022, package cna). Local: Spearman's rho of each neighborhood, with the family-wise error over all
/// of them by the largest |rho| of each relabeling, and cna's empirical FDR (its authors found it miscalibrated for
/// few lots; for exploring only).
///
/// `outcome` has a value for each of the abundance's lots, NaN where there is none; `stratum` a label for each, or is
/// empty: then lots change places within equal labels only, and stratum means are taken out of outcome and abundances
/// first. Lots without outcome, or with too few cells, are left out.
///
/// Collective over `comm`; same bits on any number of ranks and threads. Time: cells x lots x relabelings, at the speed
/// of a matrix product. Memory of a rank beyond the abundances: 8 bytes x its cells x lots (12 above 369 lots), 40
/// bytes a cell, and 32 bytes a relabeling. Throws UsageError for an infinite outcome and options that make no sense.
Association associate(MPI_Comm comm, const Abundance& nam, std::span<const double> outcome,
                      std::span<const std::int32_t> stratum, const AssociationOptions& options);

/// One answer for an outcome, from clusters and neighborhoods together.
struct Omnibus {
  double p_clusters =
      Association::none;  ///< of the largest |rho| over clusters, in the relabelings of the neighborhoods
  double p_omnibus = Association::none;  ///< of the smaller one of p_clusters and the global p, which is itself a
                                         ///< statistic among relabelings
};

/// Screens with both: min of the two p-values, with the p that this minimum has over the same relabelings. Loses little
/// against the better one of the two, whichever it is (docs/methods/neighborhood.md).
///
/// `clusters` are tests of the same lots in the same order (`neighborhoods.lots`), of which those against outcome
/// number `outcome` are taken; std::logic_error where lots or strata differ. NaN where neighborhoods were not tested;
/// without clusters p_omnibus is the global p. Collective over `comm`; relabelings are dealt over ranks.
Omnibus omnibus(MPI_Comm comm, const Association& neighborhoods, const permutation::RankTests& clusters,
                std::int32_t outcome);

}  // namespace miura::neighborhood
