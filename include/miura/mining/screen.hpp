#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/mining/intersection.hpp"
#include "miura/mining/lines.hpp"
#include "miura/permutation/rank_tests.hpp"

namespace miura::mining {

struct Options {
  double threshold = 0.05;  ///< two-sided p of a single probe that makes it a hit; no family-wise statement
  double least_rho = 0;     ///< above 0: |rho| of at least this makes a hit, whatever its p
  /// Of the counts: all relabelings of up to exact_up_to lines where these are affordable, else drawn ones.
  permutation::Options relabelings = {};
  /// Most tests x relabelings for which all relabelings are taken, about a minute of a core; where even the drawn ones
  /// would take longer, fewer are drawn, but 999 at least.
  std::int64_t affordable = 500'000'000'000;
  /// p of a single probe is exact up to this many lines (14 at most), by Student's t beyond.
  std::int32_t exact_p_up_to = 13;
  bool list_all = false;  ///< rows of all probes and genes, not of hits alone
};

/// One probe against one outcome, over the lines that have both.
struct ProbeRow {
  std::int32_t panel = 0, outcome = 0;
  std::int64_t probe = 0;
  std::int32_t n = 0;
  std::int64_t s = 0;
  double rho = 0;
  double p = 0, p_greater = 0, p_less = 0;
  bool hit = false;
};

/// A number of hits beside what relabeled lines give.
struct CountRow {
  std::string kind;         ///< hits, intersection, replication
  std::string name;         ///< of the intersection or outcome
  std::string measurement;  ///< of a single one
  std::string rule;         ///< +, -, or the signs of all terms
  std::int32_t n_lines = 0;
  std::int64_t n_units = 0;  ///< probes or genes that can be hits
  std::int64_t observed = 0;
  double null_mean = 0, null_sd = 0;
  std::int64_t null_95 = 0;
  double p = 0;  ///< share of the joint relabelings with at least as many
  std::int64_t n_perm = 0;
  std::string perm_type;                            ///< exact, mc
  double independent_mean = 0, independent_sd = 0;  ///< binomial, as if probes and outcomes were independent: wrong
  std::string status;                               ///< OK, LOW_N, CONSTANT_OUTCOME, NOT_TESTED
};

/// A unit of an intersection in one direction.
struct IntersectionRow {
  std::int32_t intersection = 0;
  std::string unit;  ///< gene, or probe
  std::string gene;
  bool reversed = false;  ///< the direction, where either is allowed: the signs of the rule reversed
  bool member = false;    ///< all terms are hits
  struct Term {
    std::int64_t probe = 0;  ///< the one that decides
    std::int32_t n_probes = 1;
    double rho = 0, p = 0;  ///< one-sided, in the required direction
  };
  std::vector<Term> terms;
  std::vector<double> p_partial;  ///< partial_conjunction of the terms' p, twice as large where either way is allowed
  double q = 0;                   ///< Benjamini-Hochberg of the conjunction over all units
};

/// Outcome against outcome.
struct OutcomeCorrelation {
  std::int32_t first = 0, second = 0, n = 0;
  double rho = 0, p = 0;
};

struct Screen {
  std::vector<ProbeRow> probes;  ///< by panel, outcome, probe
  std::vector<CountRow> counts;
  std::vector<IntersectionRow> units;  ///< by intersection, unit
  std::vector<OutcomeCorrelation> outcomes;
};

/// Which probes go with which outcomes, how many, and how many do by chance.
///
/// Counts are compared with relabelings of the lines, one for all probes, panels and outcomes of the rule, as rows: the
/// spread of a number of hits is many times the binomial one, because probes are correlated, and that of an
/// intersection more so, because outcomes are. Probes that are constant or miss a line are not tested, nor are the
/// markers of an outcome in panels of the same samples. An intersection looks at the lines that all its terms have.
///
/// Collective. `lines` is replicated; distributions of ties, relabelings, and where they are drawn probes too are dealt
/// over ranks and threads. All ranks return the same bits. Method: docs/methods/mining.md.
Screen screen(MPI_Comm comm, const LineSet& lines, std::span<const Intersection> intersections, const Options& options);

}  // namespace miura::mining
