#include "miura/power/critical_value.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "miura/parallel/communicator.hpp"
#include "miura/permutation/null_distribution.hpp"
#include "miura/permutation/rank_tests.hpp"
#include "miura/stats/normal_stream.hpp"
#include "miura/stats/random.hpp"
#include "power/rank_order.hpp"

namespace miura::power {

namespace {

constexpr std::int32_t exact_up_to = 12;
constexpr std::uint64_t null_study = std::uint64_t{1} << 40, relabeling = std::uint64_t{2} << 40;  // of the streams

/// sum R^2 of n lots without ties.
std::int64_t norm_of(std::int32_t n) { return std::int64_t{n} * (std::int64_t{n} * n - 1) / 3; }

void check_lots(std::int32_t n) {
  if (n < fewest_lots || n > most_lots) throw std::logic_error("a plan is for 5 to 400 lots");
}

/// Every |S| or S that null studies gave, falling.
using NullSample = std::vector<std::int64_t>;

/// Fills sample[i] = draw(i), dealt over ranks and threads.
template <class MakeDraw>
NullSample sample_of(MPI_Comm comm, std::int64_t n, MakeDraw make_draw) {
  NullSample sample(n);
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
#pragma omp parallel
  {
    auto draw = make_draw();  // each thread has its own scratch
#pragma omp for schedule(static)
    for (std::int64_t i = rank; i < n; i += ranks) sample[i] = draw(i);
  }
  parallel::sum_over_ranks(comm, sample);  // zero on every rank but one
  std::ranges::sort(sample, std::greater<>());
  return sample;
}

double share_reaching(const NullSample& falling, std::int64_t s) {
  const auto first_below = std::ranges::partition_point(falling, [s](std::int64_t drawn) { return drawn >= s; });
  return static_cast<double>(first_below - falling.begin()) / static_cast<double>(falling.size());
}

/// Smallest s that at most `alpha` of the sample reaches.
std::int64_t upper_quantile(const NullSample& sample, double alpha) {
  const auto allowed = static_cast<std::int64_t>(alpha * static_cast<double>(sample.size()) * (1 + 1e-12));
  return sample[std::min(allowed, std::ssize(sample) - 1)] + 1;
}

/// S of one test under relabelings of n lots, beyond what can be enumerated.
NullSample drawn_relabelings(MPI_Comm comm, std::int32_t n, const Options& options) {
  return sample_of(comm, options.relabelings_drawn, [&options, n] {
    return [&options, lot = std::vector<std::int32_t>(n)](std::int64_t i) mutable {
      const auto lots = static_cast<std::int32_t>(std::ssize(lot));
      stats::RandomStream random(options.seed, stats::Purpose::power, relabeling + static_cast<std::uint64_t>(i));
      std::iota(lot.begin(), lot.end(), 0);
      for (auto l = lots - 1; l > 0; --l) std::swap(lot[l], lot[random.below(static_cast<std::uint32_t>(l) + 1)]);
      std::int64_t s = 0;
      for (std::int32_t l = 0; l < lots; ++l) s += std::int64_t{2 * l + 1 - lots} * (2 * lot[l] + 1 - lots);
      return s;
    };
  });
}

/// Null distribution of S of one test without ties.
class SingleTest {
public:
  SingleTest(MPI_Comm comm, std::int32_t n, const Options& options) : norm_(norm_of(n)) {
    if (n > exact_up_to) {
      signed_ = drawn_relabelings(comm, n, options);
      size_ = signed_;
      for (auto& s : size_) s = std::abs(s);
      std::ranges::sort(size_, std::greater<>());
      return;
    }
    std::vector<std::int32_t> rank(n);
    for (std::int32_t l = 0; l < n; ++l) rank[l] = 2 * l + 1 - n;
    exact_ = permutation::null_distribution(rank, rank);
    relabelings_ = permutation::factorial(n);
  }

  double two_sided_p(std::int64_t s) const {
    if (size_.empty()) return static_cast<double>(exact_.as_extreme(s)) / static_cast<double>(relabelings_);
    return share_reaching(size_, s);
  }
  double greater_p(std::int64_t s) const {
    if (signed_.empty()) return static_cast<double>(exact_.at_least(s)) / static_cast<double>(relabelings_);
    return share_reaching(signed_, s);
  }

  std::int64_t two_sided_critical(double alpha) const {
    return smallest([&](std::int64_t s) { return two_sided_p(s) <= alpha; });
  }
  std::int64_t one_sided_critical(double alpha) const {
    return smallest([&](std::int64_t s) { return greater_p(s) <= alpha; });
  }

private:
  /// Smallest s of 0 .. norm that is significant, else norm + 1.
  template <class Significant>
  std::int64_t smallest(Significant significant) const {
    std::int64_t low = 0, high = norm_ + 1;
    while (low < high) {
      const auto middle = (low + high) / 2;
      if (significant(middle))
        high = middle;
      else
        low = middle + 1;
    }
    return low;
  }

  std::int64_t norm_;
  permutation::NullDistribution exact_;
  std::int64_t relabelings_ = 0;
  NullSample signed_, size_;
};

/// The next S from s on that n lots without ties can give: S = norm - 2 sum d^2, and sum d^2 is even.
std::int64_t attainable(std::int32_t n, std::int64_t s) { return s + ((norm_of(n) - s) % 4 + 4) % 4; }

Critical critical_of(std::int32_t n, std::int64_t s, double independent_tests) {
  s = attainable(n, s);
  return {n, s, static_cast<double>(s) / static_cast<double>(norm_of(n)), independent_tests};
}

/// Largest |S| over the tests of a family in a study without associations.
class NullStudy {
public:
  NullStudy(const Family& family, std::int32_t n, std::uint64_t seed)
      : family_(family),
        n_(n),
        seed_(seed),
        source_(family.pattern.n_sources),
        value_(n),
        shared_(n),
        latent_(std::int64_t{family.pattern.n_clusters} * n),
        x_(latent_.size()),
        y_(n) {}

  std::int64_t operator()(std::int64_t study) {
    stats::NormalStream normal(seed_, stats::Purpose::power, null_study + static_cast<std::uint64_t>(study));
    draw_clusters(normal);
    for (auto& z : shared_) z = normal();
    std::int64_t largest = 0;
    for (std::int32_t m = 0; m < family_.outcomes; ++m) {
      const double common = std::sqrt(family_.outcome_correlation), own = std::sqrt(1 - family_.outcome_correlation);
      for (std::int32_t l = 0; l < n_; ++l) value_[l] = common * shared_[l] + own * normal();
      rank_by_comparison(value_, y_);
      for (std::int32_t k = 0; k < family_.pattern.n_clusters; ++k) {
        std::int64_t s = 0;
        for (std::int32_t l = 0; l < n_; ++l) s += std::int64_t{x_[k * n_ + l]} * y_[l];
        largest = std::max(largest, std::abs(s));
      }
    }
    return largest;
  }

private:
  void draw_clusters(stats::NormalStream& normal) {
    const auto& [n_clusters, n_sources, loading] = family_.pattern;
    for (std::int32_t l = 0; l < n_; ++l) {
      for (auto& g : source_) g = normal();
      for (std::int32_t k = 0; k < n_clusters; ++k)
        latent_[k * n_ + l] = std::inner_product(source_.begin(), source_.end(), loading.begin() + k * n_sources, 0.0);
    }
    for (std::int32_t k = 0; k < n_clusters; ++k)
      rank_by_comparison(std::span(latent_).subspan(k * n_, n_), std::span(x_).subspan(k * n_, n_));
  }

  const Family& family_;
  std::int32_t n_;
  std::uint64_t seed_;
  std::vector<double> source_, value_, shared_, latent_;
  std::vector<std::int32_t> x_, y_;
};

}  // namespace

Critical critical_value(MPI_Comm comm, std::int32_t n_lots, double alpha, const Options& options) {
  check_lots(n_lots);
  return critical_of(n_lots, SingleTest(comm, n_lots, options).two_sided_critical(alpha), 1.0);
}

std::int64_t one_sided_critical_value(MPI_Comm comm, std::int32_t n_lots, double alpha, const Options& options) {
  check_lots(n_lots);
  return SingleTest(comm, n_lots, options).one_sided_critical(alpha);
}

Critical critical_value(MPI_Comm comm, const Family& family, std::int32_t n_lots, const Options& options) {
  check_lots(n_lots);
  const SingleTest single(comm, n_lots, options);
  if (family.independent_tests > 0.0)
    return critical_of(n_lots, single.two_sided_critical(options.alpha / family.independent_tests),
                       family.independent_tests);
  if (family.pattern.n_clusters == 1 && family.outcomes == 1)
    return critical_of(n_lots, single.two_sided_critical(options.alpha), 1.0);
  const auto largest =
      sample_of(comm, options.null_replicates, [&] { return NullStudy(family, n_lots, options.seed); });
  const auto s = upper_quantile(largest, options.alpha);
  return critical_of(n_lots, s, share_reaching(largest, s) / single.two_sided_p(s));
}

}  // namespace miura::power
