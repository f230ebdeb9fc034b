#pragma once

#include <vector>

#include "app/mine_inputs.hpp"
#include "miura/comparability/specification.hpp"
#include "miura/matrix/table.hpp"
#include "miura/mining/replication.hpp"

namespace miura::app {

/// A set of lines, and its name in the tables.
struct NamedSet {
  const char* name;  ///< train or test
  const MinedLines* read;
};

/// Propensities of all lines, and the weights behind them.
std::vector<matrix::Table> propensity_tables(std::span<const NamedSet> sets);

/// Every marker of every propensity in every line: value, and z by mean and sd of the training lines.
matrix::Table marker_expression_table(std::span<const NamedSet> sets, std::span<const MeasurementOptions> measurements);

/// A gene that stands for an outcome: a probe of a training panel.
struct Survivor {
  std::string rule, unit, gene;
  std::int32_t panel = 0, outcome = 0;
  std::int64_t probe = 0;
};

/// What is worth drawing and what lines could be selected by. With test lines what replicated: of each intersection,
/// and of each outcome in each panel, the ten of smallest p in training. Without: the ten foremost members of each
/// intersection, or else for each outcome and panel the hit of the smallest p. Intersections come first; all terms of a
/// unit stand together.
std::vector<Survivor> survivors_of(const mining::LineSet& training, const mining::Screen& found,
                                   std::span<const mining::Intersection> intersections,
                                   const mining::Replication& replication);

/// Value and rank of every survivor and its outcome in every line, as for a scatter plot.
matrix::Table survivor_table(std::span<const Survivor> survivors, std::span<const NamedSet> sets);

/// Lines x final products, with the threshold of the best survivor of each; and the table `specification`.
std::vector<matrix::Table> line_tables(std::span<const Survivor> survivors, std::span<const NamedSet> sets);

}  // namespace miura::app
