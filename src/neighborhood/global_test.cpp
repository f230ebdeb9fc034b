#include "neighborhood/global_test.hpp"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>

#include "miura/parallel/communicator.hpp"
#include "miura/parallel/partition.hpp"

namespace miura::neighborhood {

namespace {

using Plain = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

/// P(F > f) where the components explain r2: 1 - r2 has the beta distribution of (df / 2, k / 2).
double f_test_p(double r2, std::int32_t k, std::int32_t df) {
  return boost::math::ibeta(df / 2.0, k / 2.0, std::clamp(1.0 - r2, 0.0, 1.0), Plain{});
}

struct Fit {
  double p = 1, r2 = 0;
  std::int32_t k = 0;
};

/// The number of components with the smallest p; the smaller number on ties.
Fit best_fit(std::span<const double> components, std::span<const double> y, double square_y, std::int32_t n_strata,
             std::span<const std::int32_t> tried) {
  const auto n = static_cast<std::int32_t>(y.size());
  Fit best;
  double explained = 0;
  std::int32_t used = 0;
  for (const auto k : tried) {
    for (; used < k; ++used) {
      double beta = 0;
      for (std::int32_t l = 0; l < n; ++l) beta += components[used * n + l] * y[l];
      explained += beta * beta;
    }
    const double r2 = explained / square_y, p = f_test_p(r2, k, n - n_strata - k);
    if (best.k == 0 || p < best.p) best = {p, r2, k};
  }
  return best;
}

}  // namespace

std::vector<std::int32_t> numbers_of_components(std::int32_t n_lots) {
  const auto step = std::max(1, n_lots / 50), most = std::max(1, std::min(4 * step, n_lots / 5));
  std::vector<std::int32_t> numbers;
  for (auto k = step; k <= most; k += step) numbers.push_back(k);
  return numbers;
}

GlobalTest global_test(MPI_Comm comm, std::span<const double> components, std::span<const double> outcome,
                       std::int32_t n_strata, const permutation::Relabelings& relabelings) {
  const auto n = static_cast<std::int32_t>(outcome.size());
  auto tried = numbers_of_components(n);
  std::erase_if(tried, [&](std::int32_t k) { return k * n > std::ssize(components) || n - n_strata - k < 1; });
  GlobalTest test;
  if (tried.empty()) return test;
  double square = 0;
  for (const auto y : outcome) square += y * y;

  const auto share = parallel::Partition::even(relabelings.size(), parallel::size_of(comm));
  const auto first = share.begin(parallel::rank_of(comm)), last = share.end(parallel::rank_of(comm));
  std::vector<double> mine(last - first);
#pragma omp parallel
  {
    std::vector<std::int32_t> lot(n);
    std::vector<double> y(n);
#pragma omp for schedule(static)
    for (auto b = first; b < last; ++b) {
      relabelings.relabel(b, lot);
      for (std::int32_t l = 0; l < n; ++l) y[l] = outcome[lot[l]];
      mine[b - first] = best_fit(components, y, square, n_strata, tried).p;
    }
  }
  test.null = parallel::gather_everywhere(comm, std::span<const double>(mine));
  const auto observed = best_fit(components, outcome, square, n_strata, tried);
  test.k = observed.k;
  test.r2 = observed.r2;
  return test;
}

}  // namespace miura::neighborhood
