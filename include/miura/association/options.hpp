#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "miura/permutation/rank_tests.hpp"

namespace miura::association {

/// What is known of the lots besides: how they may change places under the null hypothesis, and what is held fixed.
struct Design {
  std::vector<std::string> stratum = {};  ///< a label per lot, e.g. source: lots are relabeled within their stratum
                                          ///< only; an empty label leaves the lot out; no labels: freely
  std::vector<double> covariate = {};     ///< per lot, held fixed by Freedman & Lane; NaN leaves the lot out; or none
  std::vector<std::string> donor = {};    ///< per lot: a cluster of one donor is no finding; empty: not known
};

/// spearman: any outcome. The others compare two groups: outcomes have two different values, the larger one is the
/// group that is meant; Student's t of equal variances, Welch's t, and the rank sum (Wilcoxon, Mann & Whitney).
enum class Statistic { spearman, t, welch, wilcoxon };
enum class IntervalMethod { bonett_wright, bca };
enum class FamilyMethod { max_t, min_p };

struct Options {
  double alpha = 0.05;  ///< family-wise error of a declaration; intervals have level 1 - alpha
  permutation::Options relabelings =
      permutation::Options();  ///< of the lots; a side must be declared before the outcomes are seen
  std::optional<permutation::Options> family_relabelings =
      {};  ///< for the family-wise p, where tests are too many for those of each test; empty: the same
  std::int64_t min_cells_per_lot = 50;  ///< of clusters: smaller lots are left out, their shares say little
  std::vector<std::string> primary =
      {};                             ///< outcomes of the first family; empty: the first outcome. The rest: "secondary"
  std::int32_t cell_resamples = 999;  ///< of clusters, for rho_cell_lo/hi
  double one_lot_share = 0.9;  ///< a cluster with more of its share than this in one lot or donor is that lot (ONE_LOT)
  Design design = {};
  IntervalMethod interval = IntervalMethod::bonett_wright;
  FamilyMethod family = FamilyMethod::max_t;  ///< min_p where tie patterns differ much
  Statistic statistic = Statistic::spearman;  ///< clusters: Spearman only
};

}  // namespace miura::association
