#include "mining/rank_nulls.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "miura/parallel/communicator.hpp"
#include "miura/permutation/null_distribution.hpp"
#include "miura/permutation/rank_tests.hpp"
#include "miura/stats/ranks.hpp"

namespace miura::mining {

namespace {

/// One-sided p of rho >= r by Student's t with n - 2 degrees of freedom; at least that of one relabeling of all.
double upper_t(double r, std::int32_t n) {
  const double one = std::exp(-std::lgamma(n + 1.0));
  if (r >= 1.0) return one;
  if (r <= -1.0) return 1.0;
  using namespace boost::math::policies;
  using StudentsT = boost::math::students_t_distribution<double, policy<promote_double<false>>>;  // ten times as fast
  const double t = r * std::sqrt((n - 2) / ((1.0 - r) * (1.0 + r)));
  return std::max(one, boost::math::cdf(boost::math::complement(StudentsT(n - 2), t)));
}

std::vector<double> squares(const std::vector<Ties>& ties) {
  std::vector<double> sums;
  for (const auto& ranks : ties) sums.push_back(static_cast<double>(stats::spearman_s(ranks, ranks)));
  return sums;
}

}  // namespace

RankNulls::RankNulls(MPI_Comm comm, std::vector<Ties> x, std::vector<Ties> y, std::int32_t n_lines,
                     std::int32_t exact_up_to)
    : n_(n_lines),
      exact_(n_lines <= exact_up_to),
      x_(std::move(x)),
      y_(std::move(y)),
      x_square_(squares(x_)),
      y_square_(squares(y_)) {
  if (!exact_) return;
  std::int64_t end = 0;
  for (const auto& probe : x_)
    for (const auto& outcome : y_) {
      auto backwards = outcome;
      std::ranges::reverse(backwards);
      largest_.push_back(std::max(stats::spearman_s(probe, outcome), -stats::spearman_s(probe, backwards)));
      start_.push_back(end);
      end += 2 * largest_.back() + 1;
    }
  at_least_.resize(end);
  const auto n_pairs = std::ssize(start_);
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t pair = rank; pair < n_pairs; pair += ranks) {
    const auto null = permutation::null_distribution(x_[pair / std::ssize(y_)], y_[pair % std::ssize(y_)]);
    for (auto s = -largest_[pair]; s <= largest_[pair]; ++s)
      at_least_[start_[pair] + s + largest_[pair]] = null.at_least(s);
  }
  parallel::sum_over_ranks(comm, at_least_);  // each pair is zero on every rank but one
}

double RankNulls::norm(std::int64_t x, std::int64_t y) const { return std::sqrt(x_square_[x] * y_square_[y]); }

std::int64_t RankNulls::at_least(std::int64_t x, std::int64_t y, std::int64_t s) const {
  const auto pair = x * std::ssize(y_) + y;
  if (s > largest_[pair]) return 0;
  return at_least_[start_[pair] + std::max(s, -largest_[pair]) + largest_[pair]];
}

RankNulls::P RankNulls::p(std::int64_t x, std::int64_t y, std::int64_t s) const {
  if (!exact_) {
    const double r = rho(x, y, s);
    const double tail = upper_t(std::abs(r), n_), other = std::abs(r) < 1.0 ? 1.0 - tail : 1.0;
    return {std::min(1.0, 2.0 * tail), r > 0 ? tail : other, r > 0 ? other : tail};
  }
  const auto all = permutation::factorial(n_);
  const auto share = [&](std::int64_t count) { return static_cast<double>(count) / static_cast<double>(all); };
  const auto size = std::abs(s);
  const auto two_sided = size == 0 ? all : at_least(x, y, size) + all - at_least(x, y, 1 - size);
  return {share(two_sided), share(at_least(x, y, s)), share(all - at_least(x, y, s + 1))};
}

std::int32_t RankNulls::bar_of_rho(std::int64_t x, std::int64_t y, double rho) const {
  return std::max(1, static_cast<std::int32_t>(std::ceil(rho * norm(x, y) * (1.0 - 1e-12))));
}

double RankNulls::critical_rho(double alpha) const {
  if (exact_) return 1.0;
  double low = 0.0, high = 1.0;
  for (int step = 0; step < 50; ++step) {
    const double middle = low + (high - low) / 2;
    (2.0 * upper_t(middle, n_) <= alpha ? high : low) = middle;
  }
  return high;
}

std::int32_t RankNulls::bar(std::int64_t x, std::int64_t y, double alpha, double critical_rho) const {
  std::int64_t none = std::int64_t{static_cast<std::int64_t>(norm(x, y))} + 1, low = 1;
  if (!exact_) {  // at most a unit of rounding from the critical rho
    const auto near = static_cast<std::int64_t>(critical_rho * norm(x, y));
    low = std::clamp(near - 1, std::int64_t{1}, none);
    none = std::min(none, near + 3);
  }
  while (low < none) {  // p falls with |S|
    const auto middle = low + (none - low) / 2;
    if (p(x, y, middle).two_sided <= alpha)
      none = middle;
    else
      low = middle + 1;
  }
  const bool reached = static_cast<double>(low) <= norm(x, y) && p(x, y, low).two_sided <= alpha &&
                       (!exact_ || p(x, y, low).two_sided > 0.0);
  return reached ? static_cast<std::int32_t>(low) : std::numeric_limits<std::int32_t>::max();
}

}  // namespace miura::mining
