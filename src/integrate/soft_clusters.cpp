#include "integrate/soft_clusters.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "integrate/weighted_sums.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace miura::integrate {

namespace {

constexpr float no_cluster = -1e30F;  // the exponent of what pads the clusters
constexpr double objective_steps = 1 << 24;
constexpr int resting_window = 3;

bool rests(std::span<const double> objective, double epsilon) {
  if (std::ssize(objective) <= resting_window) return false;
  const auto last = objective.last(resting_window + 1);
  const double before = std::accumulate(last.begin(), last.end() - 1, 0.0);
  const double now = std::accumulate(last.begin() + 1, last.end(), 0.0);
  return std::abs(before - now) < epsilon * std::abs(before);
}

}  // namespace

struct SoftClusters::Scratch {
  std::vector<float> similarity;
  NearClusters near;
  std::vector<std::int64_t> change;
  explicit Scratch(const SoftClusters& all)
      : similarity(rows_at_once * all.centers_.stride), near(all.centers_.stride), change(all.count_.size()) {}
};

SoftClusters::SoftClusters(MPI_Comm comm, const parallel::Partition& cells, std::span<const std::int32_t> batch,
                           std::int32_t n_batches, Centers first, const HarmonyOptions& options)
    : comm_(comm),
      cells_(cells),
      batch_(batch),
      n_batches_(n_batches),
      options_(options),
      centers_(std::move(first)),
      weight_(std::ssize(batch) * centers_.stride),
      count_(std::int64_t{n_batches} * centers_.n_clusters) {
  std::vector<std::int64_t> n(n_batches);
  for (const auto b : batch) ++n[b];
  parallel::sum_over_ranks(comm, n);
  for (const auto of_batch : n)
    batch_share_.push_back(static_cast<double>(of_batch) / static_cast<double>(cells.size()));
}

double SoftClusters::start(std::span<const float> directions) {
  constexpr int most_rounds = 25;
  std::vector<std::int64_t> everyone(batch_.size());
  std::iota(everyone.begin(), everyone.end(), 0);
  std::vector<std::int64_t> change(count_.size());
  auto no_penalty = log_penalty();
  for (auto& exponent : no_penalty)
    if (exponent != no_cluster) exponent = 0;
  std::int64_t within = 0;
  double before = std::numeric_limits<double>::infinity();
  for (int round = 0; round < most_rounds; ++round) {
    if (round > 0) {
      move_centers(directions);
      subtract_weights(everyone, change);
    }
    within = choose(directions, everyone, no_penalty, change);
    apply(change);
    const auto now = static_cast<double>(parallel::sum_over_ranks(comm_, within));
    if (before - now < options_.epsilon_cluster * std::abs(now)) break;
    before = now;
  }
  return objective(within);
}

SoftClusters::Fit SoftClusters::settle(std::span<const float> directions) {
  std::vector<double> objective;
  while (std::ssize(objective) < options_.max_rounds) {
    objective.push_back(round(directions));
    const int done = rests(objective, options_.epsilon_cluster);
    if (parallel::max_over_ranks(comm_, done) != 0) break;  // together, should processors differ in a logarithm
  }
  return {static_cast<int>(std::ssize(objective)), objective.back()};
}

/// One pass over all cells: centers first, then weights, block after block. A block's cells are taken out of the counts
/// before they choose; that and the choices of the block before travel in one sum.
double SoftClusters::round(std::span<const float> directions) {
  move_centers(directions);
  const auto blocks = draw_blocks();
  const auto n_blocks = std::ssize(blocks.first) - 1;
  std::vector<std::int64_t> change(count_.size());
  subtract_weights(blocks.of(0), change);
  apply(change);
  std::int64_t within = 0;
  for (std::int64_t b = 0; b < n_blocks; ++b) {
    within += choose(directions, blocks.of(b), log_penalty(), change);
    if (b + 1 < n_blocks) subtract_weights(blocks.of(b + 1), change);
    apply(change);
  }
  ++rounds_done_;
  return objective(within);
}

SoftClusters::Blocks SoftClusters::draw_blocks() const {
  const auto n_blocks = static_cast<std::int64_t>(std::ceil(1.0 / options_.block_size));
  const auto key = stats::mix(stats::mix(options_.seed) + rounds_done_ + 1);
  const auto begin = cells_.begin(parallel::rank_of(comm_)), n = std::ssize(batch_);
  std::vector<std::int64_t> block(n);
  Blocks blocks{std::vector<std::int64_t>(n_blocks + 1), std::vector<std::int64_t>(n)};
  for (std::int64_t i = 0; i < n; ++i) {
    const auto hash = stats::mix(key ^ static_cast<std::uint64_t>(begin + i));
    block[i] = static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(n_blocks));
    ++blocks.first[block[i] + 1];
  }
  std::partial_sum(blocks.first.begin(), blocks.first.end(), blocks.first.begin());
  auto next = blocks.first;
  for (std::int64_t i = 0; i < n; ++i) blocks.cell[next[block[i]]++] = i;
  return blocks;
}

void SoftClusters::shares_of(std::int64_t cell, std::vector<Share>& shares) const {
  shares.resize(centers_.stride);
  shares.resize(nonzero_shares(weight_.data() + cell * centers_.stride, centers_.stride, shares.data()));
}

void SoftClusters::move_centers(std::span<const float> directions) {
  const auto n_dims = centers_.n_dims;
  const auto sum = weighted_sums(comm_, directions, n_dims, n_clusters(), 1.0,
                                 [this](std::int64_t cell, std::vector<Share>& shares) { shares_of(cell, shares); });
  for (std::int32_t k = 0; k < n_clusters(); ++k) centers_.point(k, std::span(sum).subspan(k * n_dims, n_dims));
}

/// theta log(E / (O + E)), batches x stride, `no_cluster` behind the last. A cluster without cells favours nobody.
std::vector<float> SoftClusters::log_penalty() const {
  const auto stride = centers_.stride, n = n_clusters();
  std::vector<double> total(n);
  for (std::int32_t b = 0; b < n_batches_; ++b)
    for (std::int32_t k = 0; k < n; ++k) total[k] += static_cast<double>(count_[b * n + k]);
  std::vector<float> penalty(std::int64_t{n_batches_} * stride, no_cluster);
  for (std::int32_t b = 0; b < n_batches_; ++b)
    for (std::int32_t k = 0; k < n; ++k) {
      const double expected = batch_share_[b] * total[k];
      const double observed = static_cast<double>(count_[b * n + k]);
      const double ratio = expected > 0 ? expected / (observed + expected) : 0.5;
      penalty[b * stride + k] = static_cast<float>(options_.theta * std::log(ratio));
    }
  return penalty;
}

void SoftClusters::subtract_weights(std::span<const std::int64_t> cells, std::vector<std::int64_t>& change) const {
  std::vector<Share> shares;
  for (const auto i : cells) {
    shares_of(i, shares);
    for (const auto& [cluster, weight] : shares) change[std::int64_t{batch_[i]} * n_clusters() + cluster] -= weight;
  }
}

/// Weights of these cells under the penalty; what they add to the counts goes to `change`. Returns their part of the
/// objective, in objective steps.
std::int64_t SoftClusters::choose(std::span<const float> directions, std::span<const std::int64_t> cells,
                                  std::span<const float> penalty, std::vector<std::int64_t>& change) {
  const auto n = std::ssize(cells);
  const auto n_dims = centers_.n_dims, stride = centers_.stride;
  std::int64_t within = 0;
#pragma omp parallel reduction(+ : within) if (n > 512)
  {
    Scratch scratch(*this);
#pragma omp for schedule(static)
    for (std::int64_t at = 0; at < (n + rows_at_once - 1) / rows_at_once; ++at) {
      const auto from = at * rows_at_once;
      std::array<const float*, rows_at_once> row{};
      for (int r = 0; r < rows_at_once; ++r) row[r] = directions.data() + cells[std::min(from + r, n - 1)] * n_dims;
      similarities(row.data(), centers_.value.data(), n_dims, stride, scratch.similarity.data());
      for (int r = 0; r < rows_at_once && from + r < n; ++r)
        within += choose_one(cells[from + r], scratch.similarity.data() + r * stride, penalty, scratch);
    }
#pragma omp critical(choose_clusters)
    for (std::int64_t e = 0; e < std::ssize(change); ++e) change[e] += scratch.change[e];
  }
  return within;
}

/// R_k ~ exp(2 cos / sigma + penalty). With m the largest exponent and Z the sum of exp(. - m), the cell's part of the
/// objective, |z - Y|^2 + sigma log R, is 2 + sigma (penalty - m - log Z) in each of its clusters.
std::int64_t SoftClusters::choose_one(std::int64_t cell, const float* similarity, std::span<const float> penalty,
                                      Scratch& scratch) {
  const auto stride = centers_.stride;
  const auto* const of_batch = penalty.data() + std::int64_t{batch_[cell]} * stride;
  auto& near = scratch.near;
  keep_near(similarity, static_cast<float>(2.0 / options_.sigma), of_batch, stride, near);
  double z = 0;
  for (std::int32_t s = 0; s < near.n; ++s) z += near.weight[s];
  auto* const row = weight_.data() + cell * stride;
  auto* const change = scratch.change.data() + std::int64_t{batch_[cell]} * n_clusters();
  std::fill_n(row, stride, std::uint16_t{0});
  const double common = near.largest + std::log(z);
  double part = 0;
  for (std::int32_t s = 0; s < near.n; ++s) {
    const auto k = near.cluster[s];
    const auto steps = static_cast<std::int32_t>(near.weight[s] / z * weight_steps + 0.5);
    row[k] = static_cast<std::uint16_t>(steps);
    change[k] += steps;
    part += steps * (2.0 + options_.sigma * (of_batch[k] - common));
  }
  return std::llrint(part / weight_steps * objective_steps);
}

void SoftClusters::apply(std::vector<std::int64_t>& change) {
  parallel::sum_over_ranks(comm_, change);
  for (std::int64_t e = 0; e < std::ssize(change); ++e) count_[e] += change[e];
  std::ranges::fill(change, 0);
}

double SoftClusters::objective(std::int64_t within_cells) const {
  double sum = static_cast<double>(parallel::sum_over_ranks(comm_, within_cells)) / objective_steps;
  const auto penalty = log_penalty();
  for (std::int32_t b = 0; b < n_batches_; ++b)
    for (std::int32_t k = 0; k < n_clusters(); ++k)
      sum -= options_.sigma * static_cast<double>(count_[b * n_clusters() + k]) / weight_steps *
             penalty[b * centers_.stride + k];
  return sum / static_cast<double>(cells_.size());
}

}  // namespace miura::integrate
