#include "miura/permutation/freedman_lane.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "miura/parallel/communicator.hpp"
#include "miura/permutation/relabelings.hpp"

namespace miura::permutation {

namespace {

constexpr double equal_within = 1e-12;  ///< correlations of the same ranks in another order differ by rounding only

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// What is held fixed: the means of the strata, and an orthonormal basis of the covariates' residuals.
class NuisanceFit {
public:
  NuisanceFit(const Relabelings& relabelings, std::span<const std::int32_t> covariate, std::int32_t n_lots)
      : strata_(relabelings.strata()) {
    for (std::int64_t from = 0; from < std::ssize(covariate); from += n_lots) {
      auto left = residuals(covariate.subspan(from, n_lots));
      if (!left.empty()) basis_.push_back(std::move(left));
    }
  }

  /// Residuals of ranks, of length one; empty where nothing is left.
  std::vector<double> residuals(std::span<const std::int32_t> ranks) const {
    std::vector<double> left(ranks.begin(), ranks.end());
    const double before = dot(left, left);
    for (const auto& lots : strata_) {
      std::int64_t sum = 0;
      for (const auto l : lots) sum += ranks[l];
      for (const auto l : lots) left[l] -= static_cast<double>(sum) / static_cast<double>(lots.size());
    }
    for (int again = 0; again < 2; ++again)  // the second pass takes away what rounding left of the first
      for (const auto& q : basis_) {
        const double along = dot(left, q);
        for (std::size_t l = 0; l < left.size(); ++l) left[l] -= along * q[l];
      }
    const double norm = std::sqrt(dot(left, left));
    if (!(norm > 1e-9 * std::sqrt(before))) return {};
    for (auto& v : left) v /= norm;
    return left;
  }

  /// Length of what is left of a relabeled outcome after the second fit: it is centred within strata already.
  double length_left(std::span<const double> y) const {
    double left = 1.0;
    for (const auto& q : basis_) left -= std::pow(dot(y, q), 2);
    return left > equal_within ? std::sqrt(left) : 0.0;
  }

private:
  std::vector<std::vector<std::int32_t>> strata_;
  std::vector<std::vector<double>> basis_;
};

/// The tests of one outcome, features side by side so that one relabeling runs over all of them.
struct OutcomeBlock {
  std::vector<double> y;            ///< residuals of the outcome
  std::vector<std::int64_t> test;   ///< place in RankTests::pair
  std::vector<double> x;            ///< residuals: lot x test
  std::vector<std::int64_t> place;  ///< of each test in the order of the family
};

std::vector<OutcomeBlock> blocks_of(const RankTests& tests, const NuisanceFit& fit) {
  std::vector<OutcomeBlock> blocks(tests.outcome.size() / tests.n_lots);
  for (std::int64_t t = 0; t < tests.size(); ++t) {
    auto& block = blocks[tests.pair[t].outcome];
    if (block.y.empty()) block.y = fit.residuals(tests.y(t));
    if (block.y.empty() || fit.residuals(tests.x(t)).empty()) continue;
    block.test.push_back(t);
  }
  for (auto& block : blocks) {
    const auto width = std::ssize(block.test);
    block.x.resize(tests.n_lots * width);
    for (std::int64_t i = 0; i < width; ++i) {
      const auto left = fit.residuals(tests.x(block.test[i]));
      for (std::int32_t l = 0; l < tests.n_lots; ++l) block.x[l * width + i] = left[l];
    }
  }
  std::erase_if(blocks, [](const OutcomeBlock& block) { return block.test.empty(); });
  return blocks;
}

double on_side(double rho, Side side) {
  return side == Side::two_sided ? std::abs(rho) : side == Side::greater ? rho : -rho;
}

struct Scratch {
  std::vector<std::int32_t> lot;
  std::vector<double> y;
  std::vector<double> rho;  ///< of one block
};

/// Correlations of a block under a relabeling of the outcome's residuals.
void correlate(const OutcomeBlock& block, const NuisanceFit& fit, Scratch& scratch) {
  const auto width = std::ssize(block.test);
  for (std::size_t l = 0; l < scratch.lot.size(); ++l) scratch.y[l] = block.y[scratch.lot[l]];
  const double left = fit.length_left(scratch.y);
  const double scale = left > 0.0 ? 1.0 / left : 0.0;  // this relabeling made the outcome a copy of the covariates
  scratch.rho.assign(width, 0.0);
  for (std::size_t l = 0; l < scratch.lot.size(); ++l) {
    const double y = scratch.y[l] * scale;
    const double* x = block.x.data() + static_cast<std::int64_t>(l) * width;
    for (std::int64_t i = 0; i < width; ++i) scratch.rho[i] += x[i] * y;
  }
}

/// Counts by the place of a test in the order of the family, least extreme first.
struct Counts {
  explicit Counts(std::int64_t n) : marginal(n), step_down(n), largest(n + 1) {}
  std::vector<std::int64_t> marginal, step_down;
  std::vector<std::int64_t> largest;  ///< [k]: relabelings whose largest T reaches the thresholds of just k tests
};

void count(std::span<const double> t, std::span<const double> threshold, Counts& counts) {
  double largest = -std::numeric_limits<double>::infinity();
  for (std::int64_t k = 0; k < std::ssize(t); ++k) {
    largest = std::max(largest, t[k]);
    counts.marginal[k] += t[k] >= threshold[k] ? 1 : 0;
    counts.step_down[k] += largest >= threshold[k] ? 1 : 0;
  }
  ++counts.largest[std::ranges::upper_bound(threshold, largest) - threshold.begin()];
}

/// All tests with a statistic, least extreme first.
struct Order {
  std::vector<std::int64_t> test;  ///< place in RankTests::pair
  std::vector<double> threshold;   ///< what is as extreme
};

/// Correlations of the identity go to rho; every block learns the places of its tests.
Order order_tests(std::vector<OutcomeBlock>& blocks, const NuisanceFit& fit, Side side, Scratch identity,
                  std::vector<double>& rho) {
  std::iota(identity.lot.begin(), identity.lot.end(), 0);
  Order order;
  for (const auto& block : blocks) {
    correlate(block, fit, identity);
    for (std::size_t i = 0; i < block.test.size(); ++i) rho[block.test[i]] = identity.rho[i];
    order.test.insert(order.test.end(), block.test.begin(), block.test.end());
  }
  std::ranges::sort(order.test);
  std::ranges::stable_sort(order.test, {}, [&](std::int64_t t) { return on_side(rho[t], side); });
  std::vector<std::int64_t> place(rho.size());
  for (std::int64_t k = 0; k < std::ssize(order.test); ++k) {
    place[order.test[k]] = k;
    order.threshold.push_back(on_side(rho[order.test[k]], side) - equal_within);
  }
  for (auto& block : blocks)
    for (const auto t : block.test) block.place.push_back(place[t]);
  return order;
}

/// Collective; summed over ranks.
Counts count_relabelings(MPI_Comm comm, const Relabelings& relabelings, const std::vector<OutcomeBlock>& blocks,
                         const NuisanceFit& fit, const Order& order, Side side, const Scratch& empty) {
  Counts all(std::ssize(order.test));
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
#pragma omp parallel
  {
    auto scratch = empty;
    std::vector<double> t(order.test.size());
    Counts mine(std::ssize(order.test));
#pragma omp for schedule(static)
    for (std::int64_t b = rank; b < relabelings.size(); b += ranks) {
      relabelings.relabel(b, scratch.lot);
      for (const auto& block : blocks) {
        correlate(block, fit, scratch);
        for (std::size_t i = 0; i < block.test.size(); ++i) t[block.place[i]] = on_side(scratch.rho[i], side);
      }
      count(t, order.threshold, mine);
    }
#pragma omp critical
    for (const auto part : {&Counts::marginal, &Counts::step_down, &Counts::largest})
      std::ranges::transform(all.*part, mine.*part, (all.*part).begin(), std::plus<>());
  }
  for (auto* counted : {&all.marginal, &all.step_down, &all.largest}) parallel::sum_over_ranks(comm, *counted);
  return all;
}

/// All relabelings where they are not more than would be drawn: of a free choice up to 8 lots by default.
Options as_many_as_drawn(Options options) {
  check(options);
  options.exact_up_to = 1;
  while (options.exact_up_to < 14 && factorial(options.exact_up_to + 1) <= options.permutations + 1)
    ++options.exact_up_to;
  return options;
}

}  // namespace

FreedmanLaneResult freedman_lane(MPI_Comm comm, const RankTests& tests, std::span<const std::int32_t> covariate,
                                 const Options& options) {
  const Relabelings relabelings(tests.n_lots, tests.stratum, as_many_as_drawn(options));
  const NuisanceFit fit(relabelings, covariate, tests.n_lots);
  auto blocks = blocks_of(tests, fit);
  FreedmanLaneResult result{.n_relabelings = relabelings.size(),
                            .exact = relabelings.exact(),
                            .rho = std::vector<double>(tests.size(), std::numeric_limits<double>::quiet_NaN()),
                            .marginal = std::vector<std::int64_t>(tests.size()),
                            .single_step = std::vector<std::int64_t>(tests.size()),
                            .step_down = std::vector<std::int64_t>(tests.size())};
  const Scratch empty{
      .lot = std::vector<std::int32_t>(tests.n_lots), .y = std::vector<double>(tests.n_lots), .rho = {}};
  const auto order = order_tests(blocks, fit, options.side, empty, result.rho);
  const auto counts = count_relabelings(comm, relabelings, blocks, fit, order, options.side, empty);
  std::int64_t reaching = 0, floor = 0;
  for (auto k = std::ssize(order.test) - 1; k >= 0; --k) {  // from the most extreme test down
    const auto t = order.test[k];
    reaching += counts.largest[k + 1];
    floor = std::max(floor, counts.step_down[k]);
    result.marginal[t] = counts.marginal[k];
    result.single_step[t] = reaching;
    result.step_down[t] = floor;
  }
  return result;
}

double partial_rank_correlation(std::span<const std::int32_t> x, std::span<const std::int32_t> y,
                                std::span<const std::int32_t> covariate, std::span<const std::int32_t> stratum) {
  const auto n_lots = static_cast<std::int32_t>(std::ssize(x));
  const NuisanceFit fit(Relabelings(n_lots, stratum, {}), covariate, n_lots);
  const auto left_of_x = fit.residuals(x), left_of_y = fit.residuals(y);
  return left_of_x.empty() || left_of_y.empty() ? std::numeric_limits<double>::quiet_NaN() : dot(left_of_x, left_of_y);
}

}  // namespace miura::permutation
