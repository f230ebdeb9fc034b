#include "simulate/outcomes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "miura/stats/ranks.hpp"
#include "simulate/samplers.hpp"

namespace miura::simulate {

namespace {

/// A readout: median x exp(spread x latent), rounded as its instrument does.
struct Assay {
  std::string_view name;
  double median, spread, steps_per_unit;
};

/// Fractions on the scale of the arcsine of the root, centred and scaled over training lots.
std::vector<double> standardised(const std::vector<LotPlan>& lots, std::span<const double> fraction) {
  std::vector<double> x;
  for (const double f : fraction) x.push_back(std::asin(std::sqrt(f)));
  const auto training = of_training_lots(lots, x);
  const auto n = static_cast<double>(training.size());
  const double mean = std::accumulate(training.begin(), training.end(), 0.0) / n;
  double squares = 0;
  for (const double t : training) squares += (t - mean) * (t - mean);
  const double sd = squares > 0 ? std::sqrt(squares / n) : 1;
  for (double& v : x) v = (v - mean) / sd;
  return x;
}

std::vector<double> measured(const Assay& assay, std::span<const double> latent) {
  std::vector<double> value;
  for (const double l : latent)
    value.push_back(std::round(assay.median * std::exp(assay.spread * l) * assay.steps_per_unit) /
                    assay.steps_per_unit);
  return value;
}

/// Noise is drawn anew until the realised rank correlation over training lots is near `rho`: with eleven lots its
/// sampling error alone would be about 0.15, and a planted study should hold what it promises.
std::vector<double> tied(const Options& options, std::int64_t key, const Assay& assay, const std::vector<LotPlan>& lots,
                         std::span<const double> fraction, double rho) {
  constexpr int tries = 2000;
  constexpr double near_enough = 0.04;
  const auto signal = standardised(lots, fraction);
  const auto planted = of_training_lots(lots, fraction);
  std::vector<double> best;
  double best_miss = std::numeric_limits<double>::infinity();
  for (int attempt = 0; attempt < tries && best_miss > near_enough; ++attempt) {
    auto random = stream(options.seed, Topic::outcome, key, attempt);
    std::vector<double> latent;
    for (const double s : signal) latent.push_back(rho * s + std::sqrt(1 - rho * rho) * normal(random));
    auto value = measured(assay, latent);
    const double miss = std::abs(spearman(planted, of_training_lots(lots, value)) - rho);
    if (best.empty() || miss < best_miss) {
      best = std::move(value);
      best_miss = miss;
    }
    if (std::isnan(miss)) break;  // too few lots to speak of a correlation
  }
  return best;
}

std::vector<double> untied(const Options& options, std::int64_t key, const Assay& assay, std::size_t n_lots) {
  auto random = stream(options.seed, Topic::outcome, key);
  std::vector<double> latent(n_lots);
  for (double& l : latent) l = normal(random);
  return measured(assay, latent);
}

}  // namespace

double spearman(std::span<const double> x, std::span<const double> y) {
  constexpr std::size_t fewest = 3;
  return x.size() < fewest ? std::numeric_limits<double>::quiet_NaN() : stats::spearman_rho(x, y);
}

std::vector<double> of_training_lots(const std::vector<LotPlan>& lots, std::span<const double> value) {
  std::vector<double> chosen;
  for (std::size_t i = 0; i < lots.size(); ++i)
    if (lots[i].role == "train") chosen.push_back(value[i]);
  return chosen;
}

std::vector<Outcome> draw_outcomes(const Options& options, const Populations& populations,
                                   const std::vector<LotPlan>& lots, std::span<const double> fraction) {
  struct Tie {
    Assay assay;
    std::int32_t state;  // -1: nothing
    double rho;
  };
  const Tie ties[] = {{{"vegf_ischemia", 4200, 0.45, 10}, populations.functional, options.rho},  // pg/ml
                      {{"vegf_normoxia", 1500, 0.40, 10}, populations.functional, 0.35},         // pg/ml
                      {{"ido_activity", 18, 0.50, 1000}, populations.immune, 0.7},               // µM kynurenine
                      {{"osteo_diff", 40, 0.50, 100}, -1, 0}};                                   // % stained area
  std::vector<Outcome> outcomes;
  for (std::int64_t key = 0; const auto& [assay, state, rho] : ties) {
    ++key;
    if (state < 0 || options.null) {
      outcomes.push_back({std::string(assay.name), untied(options, key, assay, lots.size())});
      continue;
    }
    std::vector<double> of_state;
    for (std::size_t i = 0; i < lots.size(); ++i) of_state.push_back(fraction[i * populations.state.size() + state]);
    outcomes.push_back({std::string(assay.name), tied(options, key, assay, lots, of_state, rho)});
  }
  return outcomes;
}

}  // namespace miura::simulate
