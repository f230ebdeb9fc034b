#pragma once

#include <mpi.h>

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "miura/mining/screen.hpp"

namespace miura::mining {

/// A term of what training selected, and where test lines have it.
struct ReplicatedTerm {
  Term asked;                         ///< its panel is that of training; negative: the direction of training
  std::int64_t train_probe = 0;       ///< that decided
  double train_rho = 0, train_p = 0;  ///< p: one-sided
  std::int32_t test_panel = -1;       ///< -1: no test panel has it, and it is not met
  std::int64_t test_probe = -1;       ///< that decides; -1: none can be tested
  double test_rho = std::numeric_limits<double>::quiet_NaN();
  double p_test = std::numeric_limits<double>::quiet_NaN();  ///< one-sided in the direction of training
};

/// What training lines selected, and what became of it in other lines.
struct ReplicationRow {
  std::string rule;         ///< the outcome, or the intersection
  std::string measurement;  ///< of the training hit; empty for an intersection
  std::string tested_in;    ///< measurements of the test lines that were looked at, joined by ';'
  std::string unit, gene;
  bool is_intersection = false;
  bool reversed = false;              ///< direction of an intersection of either direction
  std::vector<ReplicatedTerm> terms;  ///< one of each place where a term is looked up
  std::int32_t weakest = 0;  ///< the term that is not measured, else of the largest one-sided p in the test lines
  double train_p = 0;        ///< two-sided; of an intersection that of its conjunction
  std::int32_t n_test = 0;   ///< lines
  double p_test = 0;         ///< one-sided in the direction of training, of the weakest term
  double q_test = 0;         ///< Benjamini-Hochberg within what the rule selected in training
  bool naive = false;        ///< a hit in the same direction in the test lines too, in all terms
  bool replicated = false;   ///< q_test <= alpha: the rule to rely on

  const ReplicatedTerm& weakest_term() const { return terms[weakest]; }
};

struct Replication {
  std::vector<ReplicationRow> rows;  ///< by rule
  std::vector<CountRow> counts;      ///< of naive survivors, beside what relabeled test lines give
};

struct ReplicationOptions {
  double alpha = 0.05;  ///< false discovery rate within what training selected
};

/// Looks up in test lines what training lines selected: every hit, and every member of an intersection (rows that are
/// not are passed over). A training panel is looked up in the test panels of its platform and method, by probe; where
/// there is none of its platform in all test panels, by gene, with Bonferroni over a gene's probes.
///
/// Panels may differ between the sets; outcomes are the same, by place. Test lines are relabeled for the count of naive
/// survivors, training lines stay: the selection is a fixed one. All relabelings of up to 13 lines are taken where they
/// are affordable: what was selected is little. Collective.
Replication replicate(MPI_Comm comm, const LineSet& training, const Screen& found,
                      std::span<const Intersection> intersections, const LineSet& test, const Options& options,
                      const ReplicationOptions& replication);

}  // namespace miura::mining
