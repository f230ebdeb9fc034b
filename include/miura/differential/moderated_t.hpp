#pragma once

#include <span>

namespace miura::differential {

/// What the variances of all probes say of one probe's: sigma^2 is s0^2 d0 / chi^2_d0.
struct VariancePrior {
  double df = 0.0;        ///< d0; infinite where variances differ no more than samples of one variance do
  double variance = 0.0;  ///< s0^2
};

/// Empirical Bayes estimate of the prior from the residual variances s^2 and their degrees of freedom, by the moments
/// of log s^2 (Smyth 2004, Stat. Appl. Genet. Mol. Biol. 3:3, section 6.2; limma: fitFDist). Variances below 1e-5 of
/// the median count as that much; entries with NaN or without degrees of freedom are passed over. Fewer than two
/// entries: df 0. Sums run in the order of the input. `variance` and `df` are equally long.
VariancePrior fit_variance_prior(std::span<const double> variance, std::span<const double> df);

/// The same of probes of few different degrees of freedom: `log_offset` is digamma(df / 2) - log(df / 2) ...
/// x with trigamma(x) = y, by Newton's method on 1 / trigamma (Smyth 2004, appendix). y > 0.
double trigamma_inverse(double y);

/// s^2 of one probe drawn towards the prior: (d0 s0^2 + d s^2) / (d0 + d).
double posterior_variance(const VariancePrior& prior, double variance, double df) noexcept;

/// Two-sided p of Student's t; df may be infinite.
double two_sided_t_p(double t, double df);
/// |t| whose two-sided p is `p`, in (0, 1].
double t_of_two_sided_p(double p, double df);

}  // namespace miura::differential
