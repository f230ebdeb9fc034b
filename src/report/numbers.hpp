#pragma once

#include <cstdint>
#include <string>

namespace miura::report {

/// Numbers as a reader wants them; "–" where there is none.
std::string count_text(std::int64_t value);         ///< 39,916,800
std::string rounded_text(double value);             ///< median counts: 12,345 or 8.5
std::string rho_text(double value);                 ///< 0.93, never rounded up to 1.00
std::string percent_text(double share);             ///< 0.0834 -> 8.3 %
std::string p_text(double p, double alpha = 0.05);  ///< 0.0021, 1.2e-05; never rounded across or onto alpha

}  // namespace miura::report
