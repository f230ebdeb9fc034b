#pragma once

#include <span>
#include <vector>

namespace miura::neighborhood {

/// Share of the relabelings whose statistic is as small as `value` (a p-value), or as large (a |rho|); values that
/// differ by rounding alone (1e-9 and 1e-12 of their size) are the same.
double share_as_small(std::span<const double> null, double value);
double share_as_large(std::span<const double> null, double value);

/// The p-value that each relabeling would have, were it the observed one.
std::vector<double> each_share_as_small(std::span<const double> null);
std::vector<double> each_share_as_large(std::span<const double> null);

}  // namespace miura::neighborhood
