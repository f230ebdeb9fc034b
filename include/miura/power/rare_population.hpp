#pragma once

#include <cstdint>

namespace miura::power {

/// A population of cells: its share is logit-normal over lots.
struct Population {
  double share = 0.01;    ///< median over lots, in (0, 1)
  double logit_sd = 0.5;  ///< standard deviation between lots of log(share / (1 - share)); 0.5 is a usual lot: 1.6-fold
};

/// Probability to find at least `at_least` cells of the population among `cells` cells of one lot.
double seen_in_lot(const Population& population, std::int64_t cells, std::int64_t at_least);

/// The same among `cells` cells of each of `lots` lots taken together. The shares of the lots are drawn `draws` times
/// by `seed`; given these, the number is taken as binomial with their mean, which it nearly is for rare populations.
double seen_in_lots(const Population& population, std::int64_t cells, std::int32_t lots, std::int64_t at_least,
                    std::int32_t draws, std::uint64_t seed);

/// What counting leaves of the variance between lots: sd^2 / (sd^2 + v), where v = E[1 / (N p (1 - p))] is the variance
/// of a logit of N counted cells (delta method) over logit-normal p: (2 + exp(sd^2 / 2) (odds + 1 / odds)) / N.
/// It is Spearman's (1904) reliability of the measured share. Too small where N p is only a few cells.
double reliability(const Population& population, std::int64_t cells);

/// Spearman's rho between an outcome and counted shares, where that of the true shares is `rho`: attenuated by the
/// square root of the reliability on the scale of Pearson's r.
double counted_rho(double rho, double reliability);

}  // namespace miura::power
