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

/// A gene that stands for an outcome: a probe of a training panel.
struct Survivor {
  std::string rule, unit, gene;
  std::int32_t panel = 0, outcome = 0;
  std::int64_t probe = 0;
};

/// What is worth drawing and what lines could be selected by: with test lines what replicated, else the members of
/// intersections, else for each outcome the hit of the smallest p. The most convincing of an outcome first, at most ten
/// of an outcome and panel.
std::vector<Survivor> survivors_of(const mining::LineSet& training, const mining::Screen& found,
                                   std::span<const mining::Intersection> intersections,
                                   const mining::Replication& replication);

/// Value and rank of every survivor and its outcome in every line, as for a scatter plot.
matrix::Table survivor_table(std::span<const Survivor> survivors, std::span<const NamedSet> sets);

/// Lines x final products, with the threshold of the best survivor of each; and the table `specification`.
std::vector<matrix::Table> line_tables(std::span<const Survivor> survivors, std::span<const NamedSet> sets);

}  // namespace miura::app
