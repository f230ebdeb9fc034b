#pragma once

#include <mpi.h>

#include <cstdint>
#include <string>
#include <vector>

#include "miura/differential/two_groups.hpp"

namespace miura::differential {

/// Two groups over time, as of a knock-down that is read by qPCR or ELISA on several days.
struct CourseDesign {
  Design samples;                  ///< groups and pairs of all samples
  std::vector<std::int32_t> time;  ///< of each sample: index of times; -1: left out
  std::vector<std::string> times;  ///< in their order
  /// Of each sample: those of one unit (culture, animal) are its course and change groups together. Empty: the samples
  /// of a pair that are in one group are a unit; without pairs every sample is one, and groups change within times.
  std::vector<std::int32_t> unit = {};
};

/// One feature at one time, or over all times.
struct CourseRow : ProbeRow {
  std::int64_t feature = 0;  ///< row of the table
  std::string time;          ///< a time; `average`: the mean of the differences; `interaction`: whether they differ
  std::int64_t n_relabelings = 0;  ///< behind p: all, or drawn ones and the observed one; 0: none
  bool exact = false;
};

/// The difference at each time by compare_groups, and for each feature with two or more times two exact tests over all
/// of them, in which whole units change groups: `average`, of the mean A of the differences D_t (n and difference are
/// those), and `interaction`, of sum (D_t - A)^2 (statistic: their standard deviation), which no constant difference
/// moves. Units that miss a time are left out of these two. Where samples are their own units, the interaction is
/// tested after the average difference has been taken off: APPROX. q_bh runs over the features of one time.
///
/// Rows by feature, then time. Collective; replicated; for small tables: about 3 ns a feature, sample and relabeling.
/// UsageError for units that are in two groups or pairs, or twice at one time.
std::vector<CourseRow> compare_courses(MPI_Comm comm, const matrix::Measurements& table, const CourseDesign& design,
                                       const Options& options);

}  // namespace miura::differential
