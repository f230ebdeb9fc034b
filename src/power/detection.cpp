#include "miura/power/detection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <span>

#include "miura/parallel/communicator.hpp"
#include "miura/stats/normal_stream.hpp"
#include "power/rank_order.hpp"

namespace miura::power {

double pearson_of_spearman(double rho) { return 2.0 * std::sin(std::numbers::pi / 6.0 * rho); }

double spearman_of_pearson(double r) { return 6.0 / std::numbers::pi * std::asin(r / 2.0); }

namespace {

/// S of a study of n lots in which share and outcome go together.
class PlantedStudy {
public:
  PlantedStudy(double rho, std::int32_t n, std::uint64_t seed)
      : r_(pearson_of_spearman(rho)), seed_(seed), share_(n), outcome_(n), x_(n), y_(n) {}

  std::int64_t operator()(std::uint64_t study) {
    stats::NormalStream normal(seed_, stats::Purpose::power, study);
    const double rest = std::sqrt(1.0 - r_ * r_);
    for (std::size_t l = 0; l < share_.size(); ++l) {
      share_[l] = normal();
      outcome_[l] = r_ * share_[l] + rest * normal();
    }
    rank_by_comparison(share_, x_);
    rank_by_comparison(outcome_, y_);
    std::int64_t s = 0;
    for (std::size_t l = 0; l < x_.size(); ++l) s += std::int64_t{x_[l]} * y_[l];
    return s;
  }

private:
  double r_;
  std::uint64_t seed_;
  std::vector<double> share_, outcome_;
  std::vector<std::int32_t> x_, y_;
};

}  // namespace

Detection detection(MPI_Comm comm, double rho, const Critical& family, std::int64_t one_sided_s,
                    const Options& options) {
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  std::int64_t declared = 0, confirmed = 0;
#pragma omp parallel reduction(+ : declared, confirmed)
  {
    PlantedStudy study(rho, family.n_lots, options.seed);
#pragma omp for schedule(static)
    for (std::int64_t r = rank; r < options.replicates; r += ranks) {
      const auto s = study(2 * static_cast<std::uint64_t>(r));
      if (std::abs(s) < family.s) continue;
      ++declared;
      const auto again = study(2 * static_cast<std::uint64_t>(r) + 1);
      if ((s > 0 ? again : -again) >= one_sided_s) ++confirmed;
    }
  }
  return {options.replicates, parallel::sum_over_ranks(comm, declared), parallel::sum_over_ranks(comm, confirmed)};
}

double detectable_rho(MPI_Comm comm, const Critical& critical, double power, const Options& options) {
  constexpr int steps = 100;
  int low = 0, high = steps;  // in hundredths
  while (low < high) {
    const int middle = (low + high) / 2;
    const double rho = static_cast<double>(middle) / steps;
    if (detection(comm, rho, critical, 0, options).power() >= power)
      high = middle;
    else
      low = middle + 1;
  }
  return low == steps ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(low) / steps;
}

std::vector<std::int32_t> lots_needed(MPI_Comm comm, const Family& family, std::span<const double> rho, double power,
                                      std::int32_t limit, const Options& options) {
  std::map<std::int32_t, Critical> known;  // several rho ask for the same numbers of lots
  const auto enough = [&](double r, std::int32_t n) {
    if (!known.contains(n)) known[n] = critical_value(comm, family, n, options);
    return detection(comm, r, known[n], 0, options).power() >= power;
  };
  std::vector<std::int32_t> needed;
  for (const double r : rho) {
    std::int32_t low = fewest_lots, high = std::min(2 * fewest_lots, limit);
    for (; !enough(r, high) && high < limit; high = std::min(2 * high, limit)) low = high + 1;
    while (low < high) {
      const auto middle = (low + high) / 2;
      if (enough(r, middle))
        high = middle;
      else
        low = middle + 1;
    }
    needed.push_back(enough(r, low) ? low : 0);
  }
  return needed;
}

}  // namespace miura::power
