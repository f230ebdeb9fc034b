#include "miura/comparability/lot_vectors.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "miura/parallel/communicator.hpp"
#include "miura/stats/correlation_interval.hpp"
#include "miura/stats/normal_stream.hpp"

namespace miura::comparability {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double feature_steps = 1 << 30;     // sums of 2^33 cells fit
constexpr std::uint64_t directions_from = 0;  // streams of Purpose::projection
constexpr std::uint64_t frequencies_from = 1U << 20;

/// Rows of independent standard normal numbers; row i does not depend on how many there are.
std::vector<double> normal_rows(std::uint64_t seed, std::uint64_t first_stream, std::int32_t n, std::int32_t width) {
  std::vector<double> rows;
  for (std::int32_t i = 0; i < n; ++i) {
    stats::NormalStream normal(seed, stats::Purpose::projection, first_stream + static_cast<std::uint64_t>(i));
    for (std::int32_t d = 0; d < width; ++d) rows.push_back(normal());
  }
  return rows;
}

double dot(std::span<const float> x, const double* w) {
  double sum = 0.0;
  for (std::size_t d = 0; d < x.size(); ++d) sum += w[d] * x[d];
  return sum;
}

std::vector<std::int64_t> count_by_lot(std::span<const std::int32_t> lot, std::int32_t n_lots) {
  std::vector<std::int64_t> count(n_lots);
  for (const auto l : lot) ++count[l];
  return count;
}

/// Brings the values of every lot together on one rank: lot l on rank l modulo the number of ranks.
class LotGathering {
public:
  LotGathering(MPI_Comm comm, std::span<const std::int32_t> lot, std::int32_t n_lots)
      : comm_(comm), n_lots_(n_lots), rank_(parallel::rank_of(comm)), ranks_(parallel::size_of(comm)) {
    order_.resize(lot.size());
    std::iota(order_.begin(), order_.end(), std::int64_t{0});
    std::ranges::stable_sort(order_, {}, [&](std::int64_t i) { return lot[i]; });
    const auto mine = count_by_lot(lot, n_lots);
    counts_ = parallel::gather_everywhere<std::int64_t>(comm, mine);  // ranks x lots
    std::int64_t at = 0;
    for (const auto n : mine) start_.push_back(at), at += n;
    start_.push_back(at);
  }

  /// Values of lots rank, rank + ranks, ..., in no order that means anything.
  std::vector<std::vector<double>> operator()(std::span<const double> value) const {
    std::vector<std::vector<double>> send(ranks_);
    for (std::int32_t l = 0; l < n_lots_; ++l)
      for (auto i = start_[l]; i < start_[l + 1]; ++i) send[l % ranks_].push_back(value[order_[i]]);
    const auto received = parallel::exchange(comm_, send);
    std::vector<std::vector<double>> of_lot;
    std::vector<std::int64_t> at(ranks_);
    for (std::int32_t l = rank_; l < n_lots_; l += ranks_) {
      auto& values = of_lot.emplace_back();
      for (int r = 0; r < ranks_; ++r) {
        const auto from = received[r].begin() + at[r];
        const auto n = counts_[std::int64_t{r} * n_lots_ + l];
        values.insert(values.end(), from, from + n);
        at[r] += n;
      }
    }
    return of_lot;
  }

  /// Gives every rank the rows of all lots, from the rows of the lots that this rank has been given.
  std::vector<double> spread(std::span<const double> mine, std::int32_t width) const {
    const auto all = parallel::gather_everywhere<double>(comm_, mine);
    std::vector<double> rows(std::int64_t{n_lots_} * width);
    auto from = all.begin();
    for (int r = 0; r < ranks_; ++r)
      for (std::int32_t l = r; l < n_lots_; l += ranks_, from += width)
        std::copy_n(from, width, rows.begin() + std::int64_t{l} * width);
    return rows;
  }

private:
  MPI_Comm comm_;
  std::int32_t n_lots_;
  int rank_, ranks_;
  std::vector<std::int64_t> order_;   // my cells, by lot
  std::vector<std::int64_t> start_;   // of each lot in order_
  std::vector<std::int64_t> counts_;  // cells of a rank in a lot
};

/// The places in a lot of `n` cells that are in the sample: those with the smallest hashes.
std::vector<std::int64_t> sampled_places(std::int64_t n, std::int64_t wanted, std::uint64_t seed) {
  std::vector<std::int64_t> place(n);
  std::iota(place.begin(), place.end(), std::int64_t{0});
  const auto order = [&](std::int64_t p) { return stats::mix(stats::mix(seed) ^ static_cast<std::uint64_t>(p)); };
  const auto kept = std::min(n, wanted);
  std::ranges::nth_element(place, place.begin() + kept, {}, order);
  place.resize(kept);
  std::ranges::sort(place);
  return place;
}

/// This rank's part of the sample, row after row. Cells of a lot stand in their canonical order over the ranks.
std::vector<float> my_sample(MPI_Comm comm, const matrix::Embedding& cells, std::span<const std::int32_t> lot,
                             std::span<const std::uint8_t> is_reference, const VectorOptions& options) {
  const auto n_lots = static_cast<std::int32_t>(std::ssize(is_reference));
  const auto counts = parallel::gather_everywhere<std::int64_t>(comm, count_by_lot(lot, n_lots));
  const auto n_reference = std::ranges::count(is_reference, std::uint8_t{1});
  const auto wanted = std::max<std::int64_t>(2, options.bandwidth_cells / std::max<std::int64_t>(1, n_reference));
  std::vector<std::vector<std::int64_t>> places(n_lots);
  std::vector<std::int64_t> next(n_lots);  // place in its lot of the next cell
  for (std::int32_t l = 0; l < n_lots; ++l) {
    std::int64_t size = 0;
    for (int r = 0; r < parallel::size_of(comm); ++r) {
      if (r == parallel::rank_of(comm)) next[l] = size;
      size += counts[std::int64_t{r} * n_lots + l];
    }
    if (is_reference[l] != 0) places[l] = sampled_places(size, wanted, options.seed);
  }
  std::vector<float> mine;
  for (std::int64_t i = 0; i < std::ssize(lot); ++i)
    if (std::ranges::binary_search(places[lot[i]], next[lot[i]]++)) {
      const auto row = cells.row(i);
      mine.insert(mine.end(), row.begin(), row.end());
    }
  return mine;
}

}  // namespace

LotVectors centred_log_ratios(const matrix::Composition& composition) {
  LotVectors found{"aitchison", composition.n_lots, composition.n_clusters, {}};
  for (std::int32_t l = 0; l < composition.n_lots; ++l) {
    double mean = 0.0;
    for (std::int32_t k = 0; k < composition.n_clusters; ++k)
      mean += std::log(static_cast<double>(composition.cells(k, l)) + 0.5);
    mean /= composition.n_clusters;
    for (std::int32_t k = 0; k < composition.n_clusters; ++k)
      found.value.push_back(
          composition.lot_size[l] > 0 ? std::log(static_cast<double>(composition.cells(k, l)) + 0.5) - mean : none);
  }
  return found;
}

LotVectors sliced_quantiles(MPI_Comm comm, const matrix::Embedding& cells, std::span<const std::int32_t> lot,
                            std::int32_t n_lots, const VectorOptions& options) {
  auto directions = normal_rows(options.seed, directions_from, options.directions, cells.n_dims);
  for (std::int32_t s = 0; s < options.directions; ++s) {
    const auto direction = std::span(directions).subspan(std::int64_t{s} * cells.n_dims, cells.n_dims);
    double norm = 0.0;
    for (const double w : direction) norm += w * w;
    for (double& w : direction) w /= std::sqrt(norm);
  }
  LotVectors found{"sliced_w2", n_lots, options.directions * options.quantiles, {}};
  const double unit = 1.0 / std::sqrt(found.width);
  const LotGathering gather(comm, lot, n_lots);
  const auto n_mine = (n_lots - parallel::rank_of(comm) + parallel::size_of(comm) - 1) / parallel::size_of(comm);
  std::vector<double> position(lot.size()), mine(std::int64_t{n_mine} * found.width, none);
  for (std::int32_t s = 0; s < options.directions; ++s) {
    const double* direction = directions.data() + std::int64_t{s} * cells.n_dims;
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < std::ssize(lot); ++i) position[i] = dot(cells.row(i), direction);
    auto of_lot = gather(position);
#pragma omp parallel for schedule(dynamic)
    for (std::int64_t l = 0; l < std::ssize(of_lot); ++l) {
      if (of_lot[l].empty()) continue;
      std::ranges::sort(of_lot[l]);
      for (std::int32_t q = 0; q < options.quantiles; ++q)
        mine[l * found.width + s * options.quantiles + q] =
            unit * stats::quantile(of_lot[l], (q + 0.5) / options.quantiles);
    }
  }
  found.value = gather.spread(mine, found.width);
  return found;
}

double median_bandwidth(MPI_Comm comm, const matrix::Embedding& cells, std::span<const std::int32_t> lot,
                        std::span<const std::uint8_t> is_reference, const VectorOptions& options) {
  const auto sample = parallel::gather_everywhere<float>(comm, my_sample(comm, cells, lot, is_reference, options));
  const auto n = cells.n_dims > 0 ? std::ssize(sample) / cells.n_dims : 0;
  std::vector<double> squares;
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < i; ++j) {
      double square = 0.0;
      for (std::int32_t d = 0; d < cells.n_dims; ++d) {
        const double step = double{sample[i * cells.n_dims + d]} - double{sample[j * cells.n_dims + d]};
        square += step * step;
      }
      squares.push_back(square);
    }
  if (squares.empty()) return 1.0;
  const auto middle = squares.begin() + std::ssize(squares) / 2;
  std::ranges::nth_element(squares, middle);
  return *middle > 0.0 ? std::sqrt(*middle) : 1.0;
}

LotVectors mean_embeddings(MPI_Comm comm, const matrix::Embedding& cells, std::span<const std::int32_t> lot,
                           std::int32_t n_lots, double bandwidth, const VectorOptions& options) {
  const auto n_waves = options.features / 2;
  const auto width = 2 * n_waves;
  auto waves = normal_rows(options.seed, frequencies_from, n_waves, cells.n_dims);
  for (double& w : waves) w /= bandwidth;
  std::vector<std::int64_t> sums(std::int64_t{n_lots} * (width + 1));  // the last of a lot counts its cells
#pragma omp parallel
  {
    std::vector<std::int64_t> part(sums.size());
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < std::ssize(lot); ++i) {
      auto* sum = part.data() + std::int64_t{lot[i]} * (width + 1);
      for (std::int32_t f = 0; f < n_waves; ++f) {
        const double phase = dot(cells.row(i), waves.data() + std::int64_t{f} * cells.n_dims);
        sum[2 * f] += std::llround(std::cos(phase) * feature_steps);
        sum[2 * f + 1] += std::llround(std::sin(phase) * feature_steps);
      }
      ++sum[width];
    }
#pragma omp critical(comparability_sums)
    std::ranges::transform(part, sums, sums.begin(), std::plus{});
  }
  parallel::sum_over_ranks(comm, sums);
  LotVectors found{"mean_embedding", n_lots, width, {}};
  const double unit = 1.0 / (feature_steps * std::sqrt(n_waves));
  for (std::int32_t l = 0; l < n_lots; ++l) {
    const auto* sum = sums.data() + std::int64_t{l} * (width + 1);
    for (std::int32_t f = 0; f < width; ++f)
      found.value.push_back(sum[width] > 0 ? unit * static_cast<double>(sum[f]) / static_cast<double>(sum[width])
                                           : none);
  }
  return found;
}

}  // namespace miura::comparability
