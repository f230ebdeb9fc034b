#pragma once

#include <filesystem>

#include "miura/matrix/intervals.hpp"

namespace miura::input {

struct IntervalOptions {
  /// Column that Interval::score is read from, counted from 1; 5 is the score of BED, 7 the signal of narrowPeak.
  int score_column = 5;
};

/// Reads BED (3 to 12 columns) or, where the name ends in .narrowPeak, narrowPeak: between tabs, sorted or not, plain
/// or gzip. Lines of comments, `track` and `browser` are passed over. The order is that of the file. InputError, with
/// file, row and column, for what is no interval. Not collective.
matrix::Intervals read_intervals(const std::filesystem::path& path, const IntervalOptions& options = {});

/// Reads where genes are, from GTF (rows of feature `gene`, named by gene_name or else gene_id) or from a table with
/// the columns gene, chrom, start, end and strand. Both count from 1 and the end is inside; the result counts as
/// Interval does. InputError, with file, row and column, also for a strand that is neither + nor -. Not collective.
matrix::Intervals read_genes(const std::filesystem::path& path);

/// Reads sizes of chromosomes (name and number of bases, between tabs, e.g. of UCSC or `samtools faidx`), each as the
/// interval of the whole chromosome. InputError, with file, row and column. Not collective.
matrix::Intervals read_chromosomes(const std::filesystem::path& path);

}  // namespace miura::input
