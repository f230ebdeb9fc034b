#pragma once

#include <span>
#include <vector>

namespace miura::stats {

/// Adjusted p-values in the order of the input, at most 1. NaN is not in the family: it stays NaN and is not counted.

/// Holm (1979): controls the family-wise error under any dependence. p.adjust(method = "holm") of R.
std::vector<double> holm(std::span<const double> p);

/// Benjamini & Hochberg (1995): q-values, false discovery rate under independence or positive dependence.
std::vector<double> benjamini_hochberg(std::span<const double> p);
/// The same of log10 p to log10 q, for p-values too small for a double.
std::vector<double> benjamini_hochberg_log10(std::span<const double> log10_p);

}  // namespace miura::stats
