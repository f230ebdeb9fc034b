#pragma once

#include <span>
#include <vector>

#include "miura/permutation/rank_tests.hpp"

namespace miura::differential {

/// What the variances of all probes say of one probe's: sigma^2 is s0^2 d0 / chi^2_d0.
struct VariancePrior {
  double df = 0.0;        ///< d0; infinite where variances differ no more than samples of one variance do
  double variance = 0.0;  ///< s0^2
};

/// Residual variances of probes that have equally many degrees of freedom.
struct VarianceBlock {
  std::span<const double> variance;
  double df = 0.0;  ///< of each; a block with 0 is passed over
};

/// Empirical Bayes estimate of the prior from residual variances, by the moments of log s^2 (Smyth 2004, Stat. Appl.
/// Genet. Mol. Biol. 3:3, section 6.2; limma: fitFDist). Variances below 1e-5 of the median count as that much. Fewer
/// than two variances: df 0. Sums run in the order of the blocks. `log_variance` is room for the work.
VariancePrior fit_variance_prior(std::span<const VarianceBlock> blocks, std::vector<double>& log_variance);

/// x with trigamma(x) = y, by Newton's method on 1 / trigamma (Smyth 2004, appendix). y > 0.
double trigamma_inverse(double y);

/// s^2 of one probe drawn towards the prior: (d0 s0^2 + d s^2) / (d0 + d).
double posterior_variance(const VariancePrior& prior, double variance, double df) noexcept;

/// p of Student's t on the side that counts as extreme; df may be infinite.
double p_of_t(double t, double df, permutation::Side side);
/// The t (|t| for two sides) at and beyond which p_of_t is at most p, which lies in (0, 1).
double critical_t(double p, double df, permutation::Side side);

}  // namespace miura::differential
