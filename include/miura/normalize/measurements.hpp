#pragma once

#include <span>
#include <string>
#include <vector>

#include "miura/base/error.hpp"
#include "miura/matrix/measurements.hpp"

namespace miura::normalize {

/// log2(x + 1) of every value. InputError, with the sample as the column of `where`, for a value below 0.
void log2_transform(matrix::Measurements& table, const Where& where);

/// The distribution that samples are given by quantile_normalize: the mean over samples of their sorted values
/// (Bolstad et al. 2003, Bioinformatics 19:185). Samples that miss values are stretched to the full length by linear
/// interpolation, as limma does. Ascending, one entry a feature; empty if no sample has a value.
std::vector<double> quantile_reference(const matrix::Measurements& table);

/// Gives every sample the reference distribution. Tied values get the mean of their places, as limma's
/// normalizeQuantiles. Missing values stay. A sample of another number of features than the reference is stretched.
void quantile_normalize(matrix::Measurements& table, std::span<const double> reference);

struct CtOptions {
  std::vector<std::string> reference_genes = {};  ///< whose mean Ct is taken off in each sample
  double undetected_ct = 40;                      ///< what a value that is missing or larger counts as: the last cycle
};

/// qPCR: mean Ct of the reference genes less Ct, so that more is more; in cycles, log2 units. A gene that was not
/// detected gets the last cycle: a lower bound, of which the rank is right if it is the only one. Reference genes are
/// dropped from the table. InputError for a reference gene that is not in the table, or a sample in which none of them
/// was detected.
void delta_ct(matrix::Measurements& table, const CtOptions& options, const Where& where);

/// The features whose median over samples is at least `least`, in their order; missing values are passed over.
std::vector<std::int64_t> expressed(const matrix::Measurements& table, double least);

/// The table of some of its features.
matrix::Measurements select_features(const matrix::Measurements& table, std::span<const std::int64_t> features);

/// The mean of all samples of a name: replicates of a line become the line. `name`: of each sample; samples without a
/// name are left out. Columns come in ascending bytes of name. Missing where all samples of the name are.
matrix::Measurements mean_by_name(const matrix::Measurements& table, std::span<const std::string> name);

}  // namespace miura::normalize
