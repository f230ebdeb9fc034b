#include "miura/pseudobulk/sum_counts.hpp"

#include <algorithm>
#include <vector>

#include "miura/parallel/communicator.hpp"

namespace miura::pseudobulk {

namespace {

/// Cells of one lot that lie together on this rank.
struct Run {
  std::int32_t lot = 0;
  std::int64_t begin = 0, end = 0;
};

std::vector<Run> runs_of(std::span<const std::int32_t> lot) {
  std::vector<Run> runs;
  for (std::int64_t i = 0; i < std::ssize(lot); ++i) {
    if (runs.empty() || runs.back().lot != lot[i]) runs.push_back({lot[i], i, i});
    runs.back().end = i + 1;
  }
  return runs;
}

/// The counts of one run, groups x genes. A cell is added to its cluster only; row 0 holds the cells without one until
/// all rows are added to it.
class LotTable {
public:
  explicit LotTable(const Shape& shape) : n_genes_(shape.n_genes), n_groups_(shape.n_clusters + 1) {
    value_.resize(n_groups_ * n_genes_);
    members_.resize(n_groups_);
  }

  void sum(const matrix::CountRows& counts, std::span<const std::int32_t> label, const Run& run) {
    for (auto& cells : members_) cells.clear();
    for (auto i = run.begin; i < run.end; ++i) members_[label[i] + 1].push_back(i);
#pragma omp parallel for schedule(dynamic, 1)
    for (std::int64_t g = 0; g < n_groups_; ++g) {  // a row belongs to one group, so to one thread
      const auto row = std::span(value_).subspan(g * n_genes_, n_genes_);
      std::ranges::fill(row, 0);
      for (const auto cell : members_[g])
        counts.for_each(cell, [&](std::int32_t gene, std::uint32_t count) { row[gene] += count; });
    }
#pragma omp parallel for schedule(static)
    for (std::int64_t gene = 0; gene < n_genes_; ++gene)
      for (std::int64_t g = 1; g < n_groups_; ++g) value_[gene] += value_[g * n_genes_ + gene];
  }

  std::span<const std::int64_t> genes_of(std::int64_t group, std::int64_t begin, std::int64_t end) const {
    return std::span(value_).subspan(group * n_genes_ + begin, end - begin);
  }
  std::int64_t n_cells(std::int64_t group) const {
    std::int64_t n = 0;
    for (std::int64_t g = group; g < (group == 0 ? n_groups_ : group + 1); ++g) n += std::ssize(members_[g]);
    return n;
  }

private:
  std::int64_t n_genes_, n_groups_;
  std::vector<std::int64_t> value_;
  std::vector<std::vector<std::int64_t>> members_;
};

/// Message to the owner of some genes: the lot, then groups x those genes.
std::vector<std::int64_t> pack(const LotTable& table, const Run& run, std::int64_t n_groups, std::int64_t begin,
                               std::int64_t end) {
  std::vector<std::int64_t> message;
  message.reserve(1 + n_groups * (end - begin));
  message.push_back(run.lot);
  for (std::int64_t g = 0; g < n_groups; ++g) {
    const auto genes = table.genes_of(g, begin, end);
    message.insert(message.end(), genes.begin(), genes.end());
  }
  return message;
}

void add(std::span<const std::int64_t> message, matrix::Pseudobulk& all, std::int64_t n_local) {
  if (message.empty()) return;
  const auto lot = message[0];
  for (std::int64_t g = 0; g < all.n_groups; ++g)
    for (std::int64_t gene = 0; gene < n_local; ++gene)
      all.sum[(gene * all.n_groups + g) * all.n_lots + lot] += message[1 + g * n_local + gene];
}

}  // namespace

matrix::Pseudobulk sum_counts(MPI_Comm comm, const matrix::DistributedCells& cells, std::span<const std::int32_t> label,
                              const Shape& shape) {
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  const std::int32_t n_groups = shape.n_clusters + 1;
  matrix::Pseudobulk all{.genes = parallel::Partition::even(shape.n_genes, ranks),
                         .n_lots = shape.n_lots,
                         .n_groups = n_groups,
                         .sum = {},
                         .total = std::vector<std::int64_t>(std::int64_t{n_groups} * shape.n_lots),
                         .cells = std::vector<std::int64_t>(std::int64_t{n_groups} * shape.n_lots)};
  const auto n_local = all.genes.n_local(rank);
  all.sum.resize(n_local * n_groups * shape.n_lots);

  const auto runs = runs_of(cells.mine.lot);
  const auto rounds = parallel::max_over_ranks(comm, std::ssize(runs));
  LotTable table(shape);
  for (std::int64_t round = 0; round < rounds; ++round) {
    std::vector<std::vector<std::int64_t>> send(ranks);
    if (round < std::ssize(runs)) {
      const auto& run = runs[round];
      table.sum(cells.mine.counts, label, run);
      for (int r = 0; r < ranks; ++r) send[r] = pack(table, run, n_groups, all.genes.begin(r), all.genes.end(r));
      for (std::int64_t g = 0; g < n_groups; ++g) {
        const auto at = g * shape.n_lots + run.lot;
        all.cells[at] += table.n_cells(g);
        for (const auto count : table.genes_of(g, 0, shape.n_genes)) all.total[at] += count;
      }
    }
    for (const auto& message : parallel::exchange(comm, send)) add(message, all, n_local);
  }
  parallel::sum_over_ranks(comm, all.cells);
  parallel::sum_over_ranks(comm, all.total);
  return all;
}

}  // namespace miura::pseudobulk
