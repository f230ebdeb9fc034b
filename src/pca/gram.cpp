#include "pca/gram.hpp"

#include <omp.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>

#include "miura/linalg/symmetric_eigen.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/moved_rows.hpp"
#include "pca/cell_block.hpp"

namespace miura::pca {

namespace {

constexpr std::int64_t most_cells = 512;  // of a block: their values and one row of the triangle stay in cache
constexpr std::int64_t exact_in_double = std::int64_t{1} << 53;

/// Cells whose products are to be added up, by their place in a matrix.
struct Rows {
  const matrix::GridMatrix& x;
  std::vector<std::int64_t> row;

  std::int64_t size() const noexcept { return std::ssize(row); }
};

std::int64_t most_entries_of_a_block(const Rows& cells, std::int64_t block) {
  std::int64_t most = 0, entries = 0;
  for (std::int64_t i = 0; i < cells.size(); ++i) {
    if (i % block == 0) entries = 0;
    entries += cells.x.row_start[cells.row[i] + 1] - cells.x.row_start[cells.row[i]];
    most = std::max(most, entries);
  }
  return most;
}

/// Takes what is more than an even share from each rank's cells and deals it out to those that have less: sums do not
/// mind whose a cell is. Returns what came. Collective.
matrix::GridMatrix deal_out_surplus(MPI_Comm comm, Rows& mine) {
  matrix::GridMatrix came{.cells = {}, .n_features = mine.x.n_features, .row_start = {0}, .column = {}, .value = {}};
  const auto owners = parallel::Partition::from_local(comm, mine.size());
  if (!owners.is_lopsided()) return came;
  const auto share = parallel::Partition::even(owners.size(), parallel::size_of(comm)).n_local(parallel::rank_of(comm));
  std::vector<std::int64_t> length;
  std::vector<std::int32_t> column, value;
  for (auto i = share; i < mine.size(); ++i) {
    const auto from = mine.x.row_start[mine.row[i]], to = mine.x.row_start[mine.row[i] + 1];
    length.push_back(to - from);
    for (auto at = from; at < to; ++at) column.push_back(mine.x.column[at]);
    value.insert(value.end(), mine.x.value.begin() + from, mine.x.value.begin() + to);
  }
  const auto cells_go = parallel::Partition::from_local(comm, std::ssize(length));
  came.cells = parallel::Partition::from_local(comm, std::max<std::int64_t>(share - mine.size(), 0));
  for (const auto entries : parallel::moved_rows<std::int64_t>(comm, cells_go, came.cells, length, 1))
    came.row_start.push_back(came.row_start.back() + entries);
  const auto entries_go = parallel::Partition::from_local(comm, std::ssize(column));
  const auto entries_come = parallel::Partition::from_local(comm, came.row_start.back());
  came.column = matrix::ColumnNumbers(parallel::moved_rows<std::int32_t>(comm, entries_go, entries_come, column, 1));
  came.value = parallel::moved_rows<std::int32_t>(comm, entries_go, entries_come, value, 1);
  mine.row.resize(std::min(share, mine.size()));
  return came;
}

/// Frequent features are told apart where the products of a block are exact in double. Collective.
FeatureOrder order_of(MPI_Comm comm, const ScaledReference& z, std::int64_t largest_product, const Rows& own,
                      const Rows& of_others) {
  if (largest_product > exact_in_double / most_cells) return as_they_come(z.x.n_features);
  std::vector<std::int64_t> n_cells_with(z.x.n_features);
  for (const auto* const part : {&own, &of_others})
    for (const auto row : part->row)
      for (auto at = part->x.row_start[row]; at < part->x.row_start[row + 1]; ++at) ++n_cells_with[part->x.column[at]];
  parallel::sum_over_ranks(comm, n_cells_with);
  return by_frequency(n_cells_with, z.cut.n_cells);
}

/// Empties 64-bit sums into 128-bit ones.
void fold(std::span<std::int64_t> sums, std::span<Int128> total) {
  for (std::int64_t e = 0; e < std::ssize(sums); ++e) total[e] += sums[e];
  std::fill(sums.begin(), sums.end(), 0);
}

}  // namespace

Gram exact_gram(MPI_Comm comm, const ScaledReference& z) {
  constexpr auto limit = std::numeric_limits<std::int64_t>::max();
  const auto largest_product = std::max<std::int64_t>(1, z.cut.largest * z.cut.largest);
  const auto safe_cells = limit / largest_product;  // so many cells cannot overflow 64 bits; at least one
  const bool wide = safe_cells < z.cut.n_cells;
  const auto block = std::min(most_cells, safe_cells);
  Rows own{z.x, z.row};
  const auto came = deal_out_surplus(comm, own);
  Rows of_others{came, std::vector<std::int64_t>(came.n_local())};
  std::iota(of_others.row.begin(), of_others.row.end(), 0);

  const int threads = threads_for(std::ssize(z.x.column) + std::ssize(came.column));
  const auto order = order_of(comm, z, largest_product, own, of_others);
  Gram gram{{z.x.n_features}, order.place, {}, {}};
  const auto size = gram.shape.size();
  gram.wide.resize(wide ? size : 0);
  const auto most_entries = std::max(most_entries_of_a_block(own, block), most_entries_of_a_block(of_others, block));
  std::vector<std::vector<std::int64_t>> sums;  // of each thread
  std::vector<CellBlock> scratch;
  for (int t = 0; t < threads; ++t) {
    sums.emplace_back(size);
    scratch.emplace_back(order, block, most_entries);
  }
  const linalg::SingleThreadBlas one_thread_each;
#pragma omp parallel num_threads(threads)
  {
    auto& mine = sums[omp_get_thread_num()];
    auto& cells = scratch[omp_get_thread_num()];
    std::int64_t since_fold = 0;
    for (const auto* const part : {&own, &of_others}) {
#pragma omp for schedule(dynamic)
      for (std::int64_t from = 0; from < part->size(); from += block) {
        const auto rows = std::span(part->row).subspan(from, std::min(block, part->size() - from));
        if (since_fold + std::ssize(rows) > safe_cells) {
#pragma omp critical(fold_gram)
          fold(mine, gram.wide);
          since_fold = 0;
        }
        cells.load(part->x, rows, z.scaling);
        cells.add_products(gram.shape, mine.data());
        since_fold += std::ssize(rows);
      }
    }
  }
  if (wide) {
    for (auto& mine : sums) fold(mine, gram.wide);
    sum_over_ranks(comm, gram.wide);
  } else {
    gram.narrow = std::move(sums[0]);
    for (int t = 1; t < threads; ++t)
      for (std::int64_t e = 0; e < size; ++e) gram.narrow[e] += sums[t][e];
    parallel::sum_over_ranks(comm, gram.narrow);
  }
  return gram;
}

}  // namespace miura::pca
