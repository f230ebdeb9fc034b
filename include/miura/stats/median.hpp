#pragma once

#include <vector>

namespace miura::stats {

/// The middle value, or half the sum of the two in the middle; NaN of none. No value may be NaN.
double median(std::vector<double> values);

}  // namespace miura::stats
