#pragma once

#include <mpi.h>

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "miura/differential/moderated_t.hpp"
#include "miura/matrix/measurements.hpp"
#include "miura/permutation/rank_tests.hpp"

namespace miura::differential {

inline constexpr double not_computed = std::numeric_limits<double>::quiet_NaN();

/// Which samples are compared with which.
struct Design {
  std::vector<std::int32_t> group;      ///< of each sample: 0 (reference), 1 (what is compared with it), -1: left out
  std::vector<std::int32_t> pair = {};  ///< of each sample: those of a pair have the same number, one in each group;
                                        ///< empty: unpaired
};

/// moderated: t with variances drawn towards those of all probes, p of Student's distribution (limma). The others are
/// ordered by their own relabelings of the samples; welch is unpaired only, wilcoxon is the signed-rank test of pairs.
enum class Test { moderated, t, welch, wilcoxon };

/// What values are. beta: methylated shares in [0, 1]; m_of_beta: the same, tested as M = log2(beta / (1 - beta)).
enum class Scale { plain, beta, m_of_beta };

/// When a probe counts as up or down (hyper- or hypomethylated).
struct HitRule {
  enum class By { q, p } by = By::q;
  double alpha = 0.05;
  double min_difference = 0.0;  ///< least |difference of means|, in the units of the table (delta beta)
};

struct Options {
  Test test = Test::moderated;
  Scale scale = Scale::plain;
  HitRule hits = {};
  permutation::Options relabelings = {};  ///< of the samples; a side must be declared before the groups are seen
};

enum class Status {
  ok,
  low_n,             ///< a group of fewer than two values, or no relabeling can reach alpha: out of the family
  constant_feature,  ///< nothing varies: out of the family
  approximate,       ///< in the family; p is approximate
  not_tested,        ///< the design leaves nothing to test
};
const char* name_of(Status status);

/// One probe.
struct ProbeRow {
  std::int32_t n0 = 0, n1 = 0;  ///< samples that have a value; of pairs: complete ones
  double mean0 = not_computed, mean1 = not_computed;
  double difference = not_computed;    ///< mean1 - mean0, in the units of the table
  double difference_m = not_computed;  ///< of M values; m_of_beta only
  double statistic = not_computed;     ///< t, or the standardized rank sum
  double df = not_computed;            ///< moderated: residual and prior degrees of freedom
  double p = not_computed;
  double q_bh = not_computed;
  double p_max_t = not_computed;  ///< family-wise, step-down; permutation tests of probes without missing values
  double p_min_attainable = not_computed;  ///< permutation tests
  std::int8_t direction = 0;               ///< 1 or -1 for a hit, 0 else
  Status status = Status::ok;
};

struct Result {
  std::vector<ProbeRow> rows;      ///< in the order of the table
  VariancePrior prior;             ///< moderated
  std::int64_t n_relabelings = 0;  ///< of the permutation tests: all, or drawn ones and the observed one; 0: moderated
  bool exact = false;
  std::int64_t family_size = 0;  ///< probes in q_bh
};

/// Compares two groups of samples probe by probe. A missing value leaves its sample (or pair) out of that probe.
///
/// Collective. The table is replicated; p-values are dealt over ranks and threads by probe, relabelings by number; all
/// ranks return the same bits for any layout. Memory a rank: two copies of the table, and some 250 bytes a probe; the
/// permutation tests need another copy, and 60 bytes a probe for each thread. UsageError for groups without samples,
/// pairs that are none, and options that do not go together. Beta values lie in [0, 1].
Result compare_groups(MPI_Comm comm, const matrix::Measurements& table, const Design& design, const Options& options);

/// Beta values as M = log2(beta / (1 - beta)); beta is held between .001 and .999, as minfi does.
matrix::Measurements m_values(matrix::Measurements beta);

}  // namespace miura::differential
