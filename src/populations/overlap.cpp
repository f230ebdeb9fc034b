#include "miura/populations/overlap.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/stats/agreement.hpp"

namespace miura::populations {
namespace {

/// So many clusters make a matrix of 512 MiB on every rank; nobody looks at as many.
constexpr std::int64_t most_clusters = 8192;

std::vector<std::int32_t> running_sum(std::span<const std::int32_t> counts) {
  std::vector<std::int32_t> first{0};
  for (const auto n : counts) first.push_back(first.back() + n);
  return first;
}

void check(MPI_Comm comm, std::span<const matrix::Labeling> grid) {
  std::int64_t n = 0;
  for (const auto& labeling : grid) n += labeling.n_clusters;
  if (n > most_clusters)
    throw UsageError("the grid of partitions has " + std::to_string(n) + " clusters, more than " +
                     std::to_string(most_clusters) + "; choose lower resolutions");
  parallel::together(comm, [&] {
    for (const auto& labeling : grid) {
      if (labeling.label.size() != grid.front().label.size())
        throw std::logic_error("labelings of a grid are of the same cells");
      if (!std::ranges::all_of(labeling.label, [&](auto l) { return l >= -1 && l < labeling.n_clusters; }))
        throw std::logic_error("a label is not one of its labeling's clusters");
    }
  });
}

/// Shared cells of the clusters of two labelings, with a first row and column for cells without cluster, which saves a
/// branch a cell.
void count_pair(const matrix::Labeling& a, const matrix::Labeling& b, std::vector<std::int64_t>& block) {
  const auto width = std::int64_t{b.n_clusters} + 1;
  block.assign((a.n_clusters + 1) * width, 0);
  for (std::size_t i = 0; i < a.label.size(); ++i) ++block[(a.label[i] + 1) * width + b.label[i] + 1];
}

}  // namespace

Overlaps::Overlaps(std::vector<std::int32_t> n_clusters, std::vector<std::int64_t> shared)
    : first_(running_sum(n_clusters)), shared_(std::move(shared)) {
  for (std::int32_t l = 0; l < n_labelings(); ++l) labeling_of_.insert(labeling_of_.end(), n_clusters[l], l);
  covered_.reserve(std::int64_t{this->n_clusters()} * n_labelings());
  for (std::int32_t c = 0; c < this->n_clusters(); ++c)
    for (std::int32_t l = 0; l < n_labelings(); ++l) {
      std::int64_t cells = 0;
      for (auto other = first_of(l); other < end_of(l); ++other) cells += this->shared(c, other);
      covered_.push_back(cells);
    }
}

double Overlaps::jaccard(std::int32_t a, std::int32_t b) const noexcept {
  const auto both = shared(a, b);
  const auto either = n_cells_in(a, labeling_of(b)) + n_cells_in(b, labeling_of(a)) - both;
  return either > 0 ? static_cast<double>(both) / static_cast<double>(either) : 0.0;
}

Match Overlaps::best_match(std::int32_t cluster, std::int32_t labeling) const noexcept {
  if (n_cells_in(cluster, labeling) == 0) return {-1, std::numeric_limits<double>::quiet_NaN()};
  Match best;
  for (auto other = first_of(labeling); other < end_of(labeling); ++other)
    if (const auto index = jaccard(cluster, other); best.cluster < 0 || index > best.jaccard) best = {other, index};
  return best;
}

double Overlaps::adjusted_rand_index(std::int32_t a, std::int32_t b) const noexcept {
  stats::PairCounts pairs;
  std::int64_t cells = 0;
  for (auto i = first_of(a); i < end_of(a); ++i) {
    cells += n_cells_in(i, b);
    pairs.first += stats::pairs_of(n_cells_in(i, b));
    for (auto j = first_of(b); j < end_of(b); ++j) pairs.both += stats::pairs_of(shared(i, j));
  }
  for (auto j = first_of(b); j < end_of(b); ++j) pairs.second += stats::pairs_of(n_cells_in(j, a));
  pairs.all = stats::pairs_of(cells);
  return cells > 0 ? stats::adjusted_rand_index(pairs) : std::numeric_limits<double>::quiet_NaN();
}

Overlaps count_overlaps(MPI_Comm comm, std::span<const matrix::Labeling> grid) {
  check(comm, grid);
  std::vector<std::int32_t> n_clusters;
  for (const auto& labeling : grid) n_clusters.push_back(labeling.n_clusters);
  const auto first = running_sum(n_clusters);
  const std::int64_t n = first.back();
  const auto n_labelings = static_cast<std::int32_t>(std::ssize(grid));

  std::vector<std::int64_t> shared(n * n);
#pragma omp parallel
  {
    std::vector<std::int64_t> block;  // stays in the first cache while the cells go by
#pragma omp for schedule(dynamic)
    for (std::int32_t a = 0; a < n_labelings; ++a)
      for (std::int32_t b = a; b < n_labelings; ++b) {
        count_pair(grid[a], grid[b], block);
        for (std::int64_t i = 0; i < n_clusters[a]; ++i)
          for (std::int64_t j = 0; j < n_clusters[b]; ++j) {
            const auto cells = block[(i + 1) * (n_clusters[b] + 1) + j + 1];
            shared[(first[a] + i) * n + first[b] + j] = cells;
            shared[(first[b] + j) * n + first[a] + i] = cells;
          }
      }
  }
  parallel::sum_over_ranks(comm, shared);
  return {std::move(n_clusters), std::move(shared)};
}

}  // namespace miura::populations
