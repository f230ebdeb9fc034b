#include "miura/permutation/freedman_lane.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "miura/parallel/communicator.hpp"
#include "miura/permutation/relabelings.hpp"
#include "permutation/family.hpp"

namespace miura::permutation {

namespace {

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Residuals of ranks given the covariate, times the covariate's squared norm: integers as long as there are few lots.
std::vector<double> residuals(std::span<const std::int32_t> ranks, std::span<const double> covariate) {
  std::vector<double> values(ranks.begin(), ranks.end());
  const double slope = dot(values, covariate), norm = dot(covariate, covariate);
  for (std::size_t l = 0; l < values.size(); ++l) values[l] = norm * values[l] - slope * covariate[l];
  return values;
}

/// |correlation| of each feature's residuals with those of the relabeled outcome after the second fit.
class Statistic {
public:
  Statistic(std::span<const std::int32_t> feature, std::span<const std::int32_t> outcome,
            std::span<const std::int32_t> covariate)
      : z_(covariate.begin(), covariate.end()), y_(residuals(outcome, z_)), z_norm_(dot(z_, z_)), y_norm_(dot(y_, y_)) {
    const auto n = std::ssize(outcome);
    for (std::int64_t from = 0; from < std::ssize(feature); from += n) {
      x_.push_back(residuals(feature.subspan(from, n), z_));
      x_norm_.push_back(dot(x_.back(), x_.back()));
    }
  }

  std::int64_t size() const noexcept { return std::ssize(x_); }

  /// Signed; NaN where nothing is left. x_ is orthogonal to the covariate, so that the fit drops out of the product.
  void correlate(std::span<const std::int32_t> lot, std::span<double> y, std::span<double> rho) const {
    for (std::size_t l = 0; l < y.size(); ++l) y[l] = y_[lot[l]];
    const double along = dot(y, z_);
    const double left = y_norm_ - along * along / z_norm_;
    for (std::int64_t f = 0; f < size(); ++f) {
      const bool defined = x_norm_[f] > 0.0 && y_norm_ > 0.0 && z_norm_ > 0.0;
      rho[f] = !defined                  ? std::numeric_limits<double>::quiet_NaN()
               : left <= 1e-12 * y_norm_ ? 0.0  // this relabeling made the outcome a copy of the covariate
                                         : dot(x_[f], y) / std::sqrt(x_norm_[f] * left);
    }
  }

private:
  std::vector<double> z_, y_;
  double z_norm_, y_norm_;
  std::vector<std::vector<double>> x_;
  std::vector<double> x_norm_;
};

}  // namespace

FreedmanLaneResult freedman_lane(MPI_Comm comm, std::span<const std::int32_t> feature,
                                 std::span<const std::int32_t> outcome, std::span<const std::int32_t> covariate,
                                 const Options& options) {
  const Statistic statistic(feature, outcome, covariate);
  const auto n = static_cast<std::int32_t>(std::ssize(outcome));
  const bool all = n <= 20 && factorial(n) <= options.permutations + 1;
  auto which = options;
  which.exact_up_to = all ? n : 0;
  const Relabelings relabelings(n, {}, which);
  FreedmanLaneResult result{.n_relabelings = relabelings.size(),
                            .rho = std::vector<double>(statistic.size()),
                            .two_sided = std::vector<std::int64_t>(statistic.size())};
  std::vector<std::int32_t> identity(n);
  std::iota(identity.begin(), identity.end(), 0);
  std::vector<double> scratch(n);
  statistic.correlate(identity, scratch, result.rho);

  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
#pragma omp parallel
  {
    std::vector<std::int32_t> lot(n);
    std::vector<double> y(n), rho(statistic.size());
    std::vector<std::int64_t> mine(statistic.size());
#pragma omp for schedule(static)
    for (std::int64_t b = rank; b < result.n_relabelings; b += ranks) {
      relabelings.relabel(b, lot);
      statistic.correlate(lot, y, rho);
      for (std::int64_t f = 0; f < statistic.size(); ++f)
        mine[f] += std::abs(rho[f]) >= least_as_extreme(std::abs(result.rho[f])) ? 1 : 0;
    }
#pragma omp critical
    for (std::int64_t f = 0; f < statistic.size(); ++f) result.two_sided[f] += mine[f];
  }
  parallel::sum_over_ranks(comm, result.two_sided);
  return result;
}

}  // namespace miura::permutation
