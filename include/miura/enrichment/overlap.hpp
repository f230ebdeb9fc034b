#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/enrichment/background.hpp"
#include "miura/matrix/intervals.hpp"
#include "miura/matrix/table.hpp"

namespace miura::enrichment {

/// How chance puts the intervals of the first set elsewhere. Lengths stay, and every interval stays on its chromosome.
enum class Placement {
  circular,  ///< all intervals of a chromosome move on by one random distance: keeps how they cluster
  shuffle,   ///< each by itself, wherever it fits or not on others: takes the intervals for independent
};

struct OverlapOptions {
  Placement placement = Placement::circular;
  std::int64_t permutations = 9'999;
  std::uint64_t seed = 1;
};

/// What two sets of intervals share inside the background; intervals that touch it with no base do not count.
struct OverlapCounts {
  std::int64_t first = 0;   ///< intervals of the first set that overlap one of the second: bedtools intersect -u
  std::int64_t second = 0;  ///< intervals of the second set that overlap one of the first
  std::int64_t bases = 0;   ///< bases in both: the intersection of bedtools jaccard
};

/// One of the counts against its null.
struct CountTest {
  std::int64_t observed = 0;
  double null_mean = 0;
  std::int64_t null_q95 = 0;       ///< 95 % of the permutations give at most this
  double p_more = 1, p_fewer = 1;  ///< (1 + permutations with as many or more, fewer) / (1 + permutations)
};

struct OverlapTest {
  std::int64_t n_first = 0, n_second = 0;  ///< intervals inside the background
  std::int64_t permutations = 0;
  CountTest first, second, bases;
};

/// Sorted intervals of the same background. O(n log n).
OverlapCounts count_overlaps(std::span<const Placed> first, std::span<const Placed> second);

/// Whether two sets of intervals overlap more, or less, than chance would make them inside the background. Counts are
/// integers, so they have the same bits on any layout. Collective; both sets replicated, permutations dealt over ranks
/// and threads: some 50 ns an interval and permutation.
///
/// The circular shift is that of GAT and regioneR (Gel et al. 2016, Bioinformatics 32:289: circularRandomizeRegions).
/// (`bedtools fisher` takes a uniform genome and guesses how many intervals there could have been.)
OverlapTest test_overlap(MPI_Comm comm, const Background& background, std::span<const matrix::Interval> first,
                         std::span<const matrix::Interval> second, const OverlapOptions& options);

/// Two named sets of intervals, or those of one direction of each, and what was found of them.
struct ComparedSets {
  std::string first, second;                      ///< names
  std::string first_direction, second_direction;  ///< up, down or all, by the sign of Interval::score
  std::string background;                         ///< name
  std::int64_t n_first = 0, n_second = 0;         ///< all intervals, also those outside the background
  OverlapTest test = {};
};

/// Three rows a comparison, one a count: the table `overlap`; columns in docs/methods/enrichment.md.
matrix::Table overlap_table(std::span<const ComparedSets> compared);

}  // namespace miura::enrichment
