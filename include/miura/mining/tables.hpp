#pragma once

#include <span>

#include "miura/matrix/table.hpp"
#include "miura/mining/intersection.hpp"
#include "miura/mining/lines.hpp"
#include "miura/mining/replication.hpp"
#include "miura/mining/screen.hpp"

namespace miura::mining {

/// What the columns mean: docs/outputs.md.
matrix::Table count_table(std::span<const CountRow> rows);
matrix::Table probe_table(const LineSet& lines, const Screen& found, const Options& options);
/// A row for each term of a unit.
matrix::Table intersection_table(const LineSet& lines, std::span<const Intersection> intersections,
                                 const Screen& found);
/// `training`: the lines that selected; `test`: those that the rows look at.
matrix::Table replication_table(const LineSet& training, const Replication& replication);
/// A row for each term of what an intersection selected.
matrix::Table replicated_term_table(const LineSet& training, const LineSet& test, const Replication& replication);
matrix::Table outcome_correlation_table(const LineSet& lines, const Screen& found);

}  // namespace miura::mining
