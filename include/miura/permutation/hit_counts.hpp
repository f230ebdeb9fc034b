#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/permutation/rank_tests.hpp"

namespace miura::permutation {

/// A test that must be a hit on one side: S >= its bar, or S <= -bar.
struct SignedTest {
  std::int32_t test;
  bool negative = false;
};

/// What is counted: units, e.g. probes or genes. A unit counts if each of its terms holds, and a term holds if any of
/// its signed tests is a hit. A probe that goes up with an outcome is a unit of one term of one test; a gene that goes
/// up with one outcome and down with another, by any of its promoters, is a unit of two terms.
class HitRule {
public:
  /// `either_direction`: units also count if all their terms hold with every sign reversed.
  explicit HitRule(bool either_direction = false) : either_direction_(either_direction) {}

  void add_term(std::span<const SignedTest> any_of) {
    test_.insert(test_.end(), any_of.begin(), any_of.end());
    term_end_.push_back(std::ssize(test_));
  }
  /// The terms since the last unit are one.
  void end_unit() { unit_end_.push_back(std::ssize(term_end_)); }
  void add_unit_of(SignedTest test) {
    add_term({&test, 1});
    end_unit();
  }

  bool either_direction() const noexcept { return either_direction_; }
  std::int64_t n_units() const noexcept { return std::ssize(unit_end_); }
  std::int64_t n_terms(std::int64_t unit) const noexcept { return unit_end_[unit] - first_term(unit); }
  std::span<const SignedTest> term(std::int64_t unit, std::int64_t i) const noexcept {
    const auto at = first_term(unit) + i;
    const auto from = at == 0 ? 0 : term_end_[at - 1];
    return std::span(test_).subspan(from, term_end_[at] - from);
  }

private:
  std::int64_t first_term(std::int64_t unit) const noexcept { return unit == 0 ? 0 : unit_end_[unit - 1]; }

  bool either_direction_;
  std::vector<SignedTest> test_;
  std::vector<std::int64_t> term_end_, unit_end_;
};

/// How many units of a rule count, in the data and under relabelings.
struct HitCount {
  std::int64_t observed = 0;
  std::vector<std::int64_t> null;  ///< [k] relabelings, the identity among them, under which k units count

  /// Of the null distribution; the sums are exact in any order.
  double mean() const;
  double standard_deviation() const;
  /// The smallest count that at least this share of the relabelings does not exceed.
  std::int64_t quantile(double share) const;
  /// Share of the relabelings with at least as many units as observed: the p-value of the count.
  double p() const;
};

struct HitCounts {
  std::int64_t n_relabelings = 0;  ///< all, or the drawn ones and the identity
  bool exact = false;
  std::vector<HitCount> of_rule;
};

/// The distribution of the number of hits when the outcomes are relabeled jointly: one relabeling of the lots for all
/// tests of all rules, so that the correlation of probes, platforms and outcomes is kept. That is what the number of
/// hits must be compared with; its spread is many times the binomial one.
///
/// `bar`: the |S| that makes a test a hit, at least 1, one a test. All relabelings are taken where Relabelings says so,
/// by the split of max_t, else drawn ones (number b is the same as everywhere). Options::side is of no consequence.
///
/// Collective. Tests are replicated. Relabelings, and where they are drawn tests too, are dealt over ranks and threads;
/// counts are integers, so the result is the same on any layout. Memory: 4 bytes x rules x relabelings in a thread
/// where they are drawn, some MB where all are taken. Throws UsageError above 1,800 lots.
HitCounts count_hits(MPI_Comm comm, const RankTests& tests, std::span<const std::int32_t> bar,
                     std::span<const HitRule> rules, const Options& options);

/// How many units of a rule count in the data as they are. Not collective.
std::int64_t observed_hits(const RankTests& tests, std::span<const std::int32_t> bar, const HitRule& rule);

}  // namespace miura::permutation
