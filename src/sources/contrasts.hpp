#pragma once

#include <mpi.h>

#include <span>
#include <vector>

#include "miura/sources/marker_expression.hpp"

namespace miura::sources {

/// Two values of each lot, NaN where it lacks one: the first less the second.
Contrast paired_contrast(std::span<const double> value, std::span<const double> other, permutation::Side side,
                         const MarkerExpressionOptions& options);

/// Values of the lots of a source and of other lots; NaN where a lot has none.
struct TwoSamples {
  std::vector<double> source, reference;
};
/// The first less the second, two-sided; a contrast for each. Those of as many lots share their labelings. Collective.
std::vector<Contrast> two_sample_contrasts(MPI_Comm comm, std::span<const TwoSamples> samples,
                                           const MarkerExpressionOptions& options);

/// The smallest two-sided p that n_source of these values can reach by the difference of their means from the others:
/// the choices that are farthest apart, over all choices.
double smallest_two_sample_p(std::span<const double> values, std::int32_t n_source);

}  // namespace miura::sources
