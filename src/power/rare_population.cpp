#include "miura/power/rare_population.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <cmath>

#include "miura/power/detection.hpp"
#include "miura/stats/normal_stream.hpp"

namespace miura::power {

namespace {

constexpr std::uint64_t lot_shares = std::uint64_t{3} << 40;  // of the streams

double share_at(const Population& population, double z) {
  const double odds = population.share / (1.0 - population.share) * std::exp(population.logit_sd * z);
  return odds / (1.0 + odds);
}

double at_least_of(std::int64_t cells, double share, std::int64_t at_least) {
  if (at_least <= 0) return 1.0;
  if (cells < at_least) return 0.0;
  const boost::math::binomial number(static_cast<double>(cells), share);
  return boost::math::cdf(boost::math::complement(number, static_cast<double>(at_least - 1)));
}

}  // namespace

double seen_in_lot(const Population& population, std::int64_t cells, std::int64_t at_least) {
  // Over the normal distribution of the logit by the trapezoid rule, which converges faster than any power here.
  constexpr int points = 161;
  constexpr double reach = 8.0, step = 2 * reach / (points - 1);
  double sum = 0.0, weights = 0.0;
  for (int i = 0; i < points; ++i) {
    const double z = -reach + i * step, weight = std::exp(-z * z / 2);
    sum += weight * at_least_of(cells, share_at(population, z), at_least);
    weights += weight;
  }
  return sum / weights;
}

double seen_in_lots(const Population& population, std::int64_t cells, std::int32_t lots, std::int64_t at_least,
                    std::int32_t draws, std::uint64_t seed) {
  double sum = 0.0;
  for (std::int32_t d = 0; d < draws; ++d) {
    stats::NormalStream normal(seed, stats::Purpose::power, lot_shares + static_cast<std::uint64_t>(d));
    double shares = 0.0;
    for (std::int32_t l = 0; l < lots; ++l) shares += share_at(population, normal());
    sum += at_least_of(cells * lots, shares / lots, at_least);
  }
  return sum / draws;
}

double reliability(const Population& population, std::int64_t cells) {
  const double variance = population.logit_sd * population.logit_sd;
  const double odds = population.share / (1.0 - population.share);
  const double noise = (2.0 + std::exp(variance / 2) * (odds + 1.0 / odds)) / static_cast<double>(cells);
  return variance / (variance + noise);
}

double counted_rho(double rho, double reliability) {
  return spearman_of_pearson(pearson_of_spearman(rho) * std::sqrt(reliability));
}

}  // namespace miura::power
