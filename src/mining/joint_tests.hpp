#pragma once

#include <mpi.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include "mining/rank_nulls.hpp"
#include "miura/mining/intersection.hpp"
#include "miura/mining/lines.hpp"
#include "miura/mining/screen.hpp"
#include "miura/permutation/rank_tests.hpp"

namespace miura::mining {

/// That ranks are correlated over.
inline constexpr std::int32_t fewest_lines = 3;

/// Pairs of panels and outcomes over the same lines, as tests that are relabeled together. Of the terms that name them
/// panel, outcome and threshold count: a probe has a test for each threshold that is asked for.
class JointTests {
public:
  JointTests(const LineSet& all, std::vector<std::int32_t> lines);

  /// False where the outcome is constant over these lines, or they are too few. Before `settle`.
  bool add(const Term& term);
  /// As `add`, but for these probes alone.
  bool add(const Term& term, std::span<const std::int64_t> probes);
  /// Finds the distributions of all tests and the bars of hits. Collective.
  void settle(MPI_Comm comm, const Options& options);

  const permutation::RankTests& tests() const noexcept { return tests_; }
  const std::vector<std::int32_t>& bar() const noexcept { return bar_; }
  std::int32_t n_lines() const noexcept { return tests_.n_lots; }
  /// -1 where the probe is not tested against the outcome.
  std::int32_t test_of(const Term& term, std::int64_t probe) const;
  /// The test as a row: which probe, rho and p.
  ProbeRow row(std::int32_t test) const;
  bool is_hit(std::int32_t test) const;
  /// Chance that a relabeling makes this test a hit on one side.
  double chance_of_hit(std::int32_t test) const { return chance_[test]; }
  bool exact_p() const noexcept { return nulls_->exact(); }

private:
  struct RankedPanel {
    std::vector<std::int32_t> feature;  ///< of each probe; -1: constant, or misses a line
  };
  struct Source {
    std::int32_t panel, outcome;
    double threshold;
    std::int64_t probe;
  };
  using Key = std::tuple<std::int32_t, std::int32_t, double>;  ///< panel, outcome, threshold
  static Key key_of(const Term& term) { return {term.panel, term.outcome, term.threshold}; }
  /// Bar and chance of a hit on one side, by pattern.
  struct Bars {
    std::vector<std::int32_t> bar;
    std::vector<double> chance;
  };
  Bars bars_at(const Options& options) const;
  const RankedPanel& ranked(std::int32_t panel);
  std::optional<std::int32_t> row_of_outcome(std::int32_t outcome);
  /// Place of the test's ties of probe and outcome among all pairs of ties.
  std::int64_t pattern_of(std::int32_t test) const {
    return std::int64_t{feature_class_[tests_.pair[test].feature]} * std::ssize(outcome_classes_) +
           outcome_class_[tests_.pair[test].outcome];
  }

  const LineSet& all_;
  std::vector<std::int32_t> lines_;
  permutation::RankTests tests_;
  std::vector<std::int32_t> bar_, feature_class_, outcome_class_;
  std::map<Ties, std::int32_t> feature_classes_, outcome_classes_;
  std::map<std::int32_t, RankedPanel> panels_;
  std::map<std::int32_t, std::optional<std::int32_t>> outcomes_;
  std::map<Key, std::vector<std::int32_t>> test_of_;  ///< by probe
  std::vector<Source> source_;
  std::optional<RankNulls> nulls_;
  std::vector<double> chance_;  ///< of a hit on one side, by test
};

/// Lines in which a panel was measured at all.
std::vector<std::uint8_t> measured_lines(const Panel& panel);

/// Options of count_hits: all relabelings where they are affordable for this many tests, else as many drawn ones as
/// are, but 999 at least.
permutation::Options relabelings_for(const Options& options, std::int32_t n_lines, std::int64_t n_tests);

}  // namespace miura::mining
