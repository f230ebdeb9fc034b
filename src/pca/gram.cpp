#include "pca/gram.hpp"

#include <omp.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>

#include "miura/parallel/communicator.hpp"

namespace miura::pca {

namespace {

constexpr std::int64_t most_cells = 512;  // of a block: their values and one row of the triangle stay in cache

struct Entry {
  std::int32_t feature;
  std::int32_t value;
};

/// Where a feature occurs in a block: from there to the end of its cell are the partners in its products.
struct Occurrence {
  std::int32_t at;
  std::int32_t cell_end;
};

/// Some cells, by cell and by feature; scratch of one thread.
struct CellBlock {
  std::vector<Entry> entry;               ///< cell after cell
  std::vector<Occurrence> occurrence;     ///< feature after feature
  std::vector<std::int32_t> feature_end;  ///< in `occurrence`

  CellBlock(std::int32_t n_features, std::int64_t most_entries)
      : entry(most_entries), occurrence(most_entries), feature_end(n_features) {}

  void load(const ScaledReference& z, std::span<const std::int64_t> rows);
  void add_products(Triangle shape, std::int64_t* sums) const;
};

void CellBlock::load(const ScaledReference& z, std::span<const std::int64_t> rows) {
  const auto& x = z.x;
  std::fill(feature_end.begin(), feature_end.end(), 0);
  std::int32_t n = 0;
  for (const auto row : rows)
    for (auto at = x.row_start[row]; at < x.row_start[row + 1]; ++at) {
      const auto feature = x.column[at];
      entry[n++] = {feature, z.scaling.cut(feature, x.value[at])};
      ++feature_end[feature];
    }
  std::exclusive_scan(feature_end.begin(), feature_end.end(), feature_end.begin(),
                      0);  // a start; the end when all are in
  std::int32_t cell_end = 0;
  for (const auto row : rows) {
    auto at = cell_end;
    cell_end += static_cast<std::int32_t>(x.row_start[row + 1] - x.row_start[row]);
    for (; at < cell_end; ++at) occurrence[feature_end[entry[at].feature]++] = {at, cell_end};
  }
}

/// Feature by feature, so that the sums being added to are one row of the triangle at a time.
void CellBlock::add_products(Triangle shape, std::int64_t* sums) const {
  std::int32_t from = 0;
  for (std::int32_t i = 0; i < std::ssize(feature_end); ++i) {
    std::int64_t* const row = sums + shape.row_offset(i);
    for (; from < feature_end[i]; ++from) {
      const auto [at, cell_end] = occurrence[from];
      const std::int64_t value = entry[at].value;
      for (auto partner = at; partner < cell_end; ++partner)
        row[entry[partner].feature] += value * entry[partner].value;
    }
  }
}

std::int64_t most_entries_of_a_block(const ScaledReference& z, std::int64_t block) {
  std::int64_t most = 0, entries = 0;
  for (std::int64_t i = 0; i < std::ssize(z.row); ++i) {
    if (i % block == 0) entries = 0;
    entries += z.x.row_start[z.row[i] + 1] - z.x.row_start[z.row[i]];
    most = std::max(most, entries);
  }
  return most;
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
  const auto n_rows = std::ssize(z.row);

  const int threads = threads_for(std::ssize(z.x.column));
  Gram gram{{z.x.n_features}, {}, {}};
  const auto size = gram.shape.size();
  gram.wide.resize(wide ? size : 0);
  std::vector<std::vector<std::int64_t>> sums(threads, std::vector<std::int64_t>(size));
  std::vector<CellBlock> scratch(threads, CellBlock(z.x.n_features, most_entries_of_a_block(z, block)));
#pragma omp parallel num_threads(threads)
  {
    auto& mine = sums[omp_get_thread_num()];
    auto& cells = scratch[omp_get_thread_num()];
    std::int64_t since_fold = 0;
#pragma omp for schedule(dynamic)
    for (std::int64_t from = 0; from < n_rows; from += block) {
      const auto rows = std::span(z.row).subspan(from, std::min(block, n_rows - from));
      if (since_fold + std::ssize(rows) > safe_cells) {
#pragma omp critical(fold_gram)
        fold(mine, gram.wide);
        since_fold = 0;
      }
      cells.load(z, rows);
      cells.add_products(gram.shape, mine.data());
      since_fold += std::ssize(rows);
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
