#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace miura::stats {

/// Doubled centred mid-ranks R = 2 rank - (n + 1), where tied values share the mean of their ranks. Integers that sum
/// to zero, so that every statistic made of them is exact and the same on any machine. Values must not be NaN.
std::vector<std::int32_t> doubled_mid_ranks(std::span<const double> values);

/// Spearman's S = sum of R_x R_y, the integer that decides what is "as extreme". Also the squared norm: S of x with
/// itself.
std::int64_t spearman_s(std::span<const std::int32_t> x, std::span<const std::int32_t> y);

/// rho = S / sqrt(sum R_x^2 sum R_y^2), which is Pearson's correlation of the mid-ranks; NaN where one is constant.
/// (1 - 6 sum d^2 / (n^3 - n) is wrong under ties.)
double spearman_rho(std::span<const std::int32_t> x, std::span<const std::int32_t> y);

/// The same of plain values without NaN.
double spearman_rho(std::span<const double> x, std::span<const double> y);

/// The same without the first pair, without the second ... (n values), bit for bit, in n log n steps. A doubled centred
/// rank is the number of smaller values minus that of larger ones, so that leaving pair i out moves R_j by
/// sign(x_j - x_i): S becomes S - R_i T_i - sum_j R_j sign(y_j - y_i) - sum_j T_j sign(x_j - x_i) + the number of
/// pairs that agree with i in both signs minus those that do not.
std::vector<double> spearman_rho_without_each(std::span<const double> x, std::span<const double> y);

}  // namespace miura::stats
