#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace miura::association {

/// What a lot does, e.g. VEGF in pg/ml: one value per lot, NaN where it was not measured.
struct Outcome {
  std::string name;
  std::vector<double> value;
};

/// Whether a row can be tested, and why not. ok, approx and few_cells are in the family.
enum class Status {
  ok,
  approx,
  few_cells,
  low_n,
  constant_feature,
  constant_outcome,
  too_many_ties,
  empty_cluster,
  one_lot,
  not_tested
};
std::string_view name_of(Status status);

inline constexpr double not_computed = std::numeric_limits<double>::quiet_NaN();

/// What was found of one feature against one outcome; columns of association.tsv that any feature has. What could not
/// be computed is NaN.
struct Evidence {
  std::string family;  ///< primary or secondary
  std::string outcome;
  std::int32_t n = 0;         ///< lots with feature and outcome (and stratum and covariate, where these are asked for)
  std::int32_t n_strata = 1;  ///< groups of lots within which they are relabeled
  double mean_fraction = not_computed;
  double min_expected_count = not_computed;  ///< cells expected in the smallest lot
  std::int64_t s = 0;                        ///< sum of doubled centred mid-ranks; means nothing where rho is NaN
  double rho = not_computed;                 ///< of aligned ranks within strata; partial given a covariate
  double ci_lo = not_computed, ci_hi = not_computed;              ///< from 8 lots on
  double rho_cell_lo = not_computed, rho_cell_hi = not_computed;  ///< noise of counting a lot's cells alone
  double p_exact = not_computed;                                  ///< of this row by itself, on the side asked for
  double p_min_attainable = not_computed;
  std::int64_t n_perm = 0;  ///< relabelings behind p_exact: all there are, or those drawn
  std::string perm_type;    ///< exact, mc, stratified, FL; empty where nothing was tested
  double p_max_t_single = not_computed, p_max_t_step = not_computed;  ///< family-wise, Westfall & Young
  double p_holm = not_computed, q_bh = not_computed;                  ///< from p_exact; q is exploratory
  double p_adj_n = not_computed;  ///< given the ranks of the lots' cell numbers (Freedman & Lane); not family-wise
  double p_conditional = not_computed;  ///< maxT of shares outside the clusters that go with the outcome already
  double loo_rho_min = not_computed, loo_rho_max = not_computed;  ///< over leaving out one lot
  Status status = Status::ok;
  std::string flags;      ///< joined by ';'
  bool declared = false;  ///< p_max_t_step <= alpha, and where cells are few p_adj_n too

  bool in_family() const noexcept {
    return status == Status::ok || status == Status::approx || status == Status::few_cells;
  }
};

/// Adds a remark to `flags`.
void flag(Evidence& row, std::string_view remark);

struct Family {
  std::string name;
  std::int64_t n_tests = 0;  ///< rows in the family
  std::int32_t n_lots = 0;   ///< with all outcomes of the family; 0 where each outcome has its own lots
  bool rejects = false;      ///< any row is declared
};

}  // namespace miura::association
