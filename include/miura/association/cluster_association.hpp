#pragma once

#include <mpi.h>

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "miura/matrix/composition.hpp"
#include "miura/permutation/rank_tests.hpp"

namespace miura::association {

/// What a lot does, e.g. VEGF in pg/ml: one value per lot of the composition, NaN where it was not measured.
struct Outcome {
  std::string name;
  std::vector<double> value;
};

struct Options {
  double alpha = 0.05;                    ///< family-wise error of a declaration; intervals have level 1 - alpha
  permutation::Options relabelings = {};  ///< of the lots
  std::int64_t min_cells_per_lot = 50;    ///< smaller lots are left out: their shares say little
  std::vector<std::string> primary =
      {};                             ///< outcomes of the first family; empty: the first outcome. The rest: "secondary"
  std::int32_t cell_resamples = 999;  ///< for rho_cell_lo/hi
  double one_lot_share = 0.9;         ///< a cluster with more of its share than this in one lot is that lot (ONE_LOT)
};

/// Whether a row can be tested, and why not. OK and few_cells are in the family.
enum class Status { ok, few_cells, low_n, constant_feature, constant_outcome, too_many_ties, empty_cluster, one_lot };
std::string_view name_of(Status status);

inline constexpr double not_computed = std::numeric_limits<double>::quiet_NaN();

/// One cluster of one partition against one outcome; the columns of association.tsv. What could not be computed is NaN.
struct Row {
  std::string family;  ///< primary or secondary
  std::string integration;
  double resolution = not_computed;
  std::uint64_t seed = 0;
  std::int32_t cluster = 0;
  std::string population;  ///< clusters that are one over the grid; filled by whoever matches partitions
  std::string outcome;
  std::int32_t n = 0;         ///< lots with this outcome
  std::int32_t n_strata = 1;  ///< groups of lots within which they are relabeled
  double mean_fraction = not_computed;
  double min_expected_count = not_computed;  ///< cells expected in the smallest lot
  std::int64_t s = 0;                        ///< sum of doubled centred mid-ranks; means nothing where rho is NaN
  double rho = not_computed;
  double ci_lo = not_computed, ci_hi = not_computed;              ///< Bonett & Wright (2000), from 8 lots on
  double rho_cell_lo = not_computed, rho_cell_hi = not_computed;  ///< noise of counting a lot's cells alone
  double p_exact = not_computed;                                  ///< two-sided, of this row by itself
  double p_min_attainable = not_computed;
  std::int64_t n_perm = 0;  ///< relabelings behind p_exact: n!, or those drawn
  std::string perm_type;    ///< exact, mc; empty where nothing was tested
  double p_max_t_single = not_computed, p_max_t_step = not_computed;  ///< family-wise, Westfall & Young
  double p_holm = not_computed, q_bh = not_computed;                  ///< from p_exact; q is exploratory
  double p_adj_n = not_computed;  ///< given the ranks of the lots' cell numbers (Freedman & Lane); not family-wise
  double p_conditional = not_computed;  ///< maxT of shares outside the foremost declared cluster of its partition
  double loo_rho_min = not_computed, loo_rho_max = not_computed;  ///< over leaving out one lot
  Status status = Status::ok;
  std::string flags;      ///< joined by ';'
  bool declared = false;  ///< p_max_t_step <= alpha, and where cells are few p_adj_n too
};

struct Family {
  std::string name;
  std::int64_t n_tests = 0;  ///< rows in the family
  std::int32_t n_lots = 0;   ///< with all outcomes of the family; 0 where each outcome has its own lots
  bool rejects = false;      ///< any row is declared
};

struct Result {
  std::vector<Row> rows;  ///< by family, partition, cluster, outcome
  std::vector<Family> families;
  std::vector<std::int32_t> left_out;  ///< lots with too few cells
  std::vector<std::string> warnings;
};

/// Which clusters go with a lot's function: Spearman's rho over lots between the share of a cluster and an outcome,
/// with exact permutation p-values and the family-wise error over all clusters of all partitions and all outcomes of a
/// family (docs/methods/association.md). Lots are the unit; cells are never counted as independent.
///
/// Families are gated: rows of the second are flagged EXPLORATORY unless the first rejects.
/// Collective; everything is replicated, relabelings are dealt over ranks, and all ranks return the same bits.
/// Throws UsageError for outcomes that are unknown, named twice or not finite. All partitions have the same lots.
Result associate(MPI_Comm comm, std::span<const matrix::Composition> partitions, std::span<const Outcome> outcomes,
                 const Options& options);

}  // namespace miura::association
