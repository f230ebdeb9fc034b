#include "doublets/pairs.hpp"

#include <algorithm>

#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace miura::doublets {

namespace {

struct Entry {
  std::int32_t gene;
  std::uint32_t count;
};

/// The counts of the wanted cells, in their order; rows of other ranks are fetched.
class FetchedRows {
public:
  FetchedRows(MPI_Comm comm, const matrix::DistributedCells& cells, std::span<const std::int64_t> wanted) {
    std::vector<std::vector<std::int64_t>> asked(parallel::size_of(comm));
    for (const auto cell : wanted) asked[cells.partition.owner(cell)].push_back(cell);
    const auto requests = parallel::exchange(comm, asked);
    const auto first = cells.partition.begin(parallel::rank_of(comm));
    std::vector<std::vector<std::int32_t>> length(requests.size()), gene(requests.size());
    std::vector<std::vector<std::uint32_t>> count(requests.size());
    for (std::size_t r = 0; r < requests.size(); ++r)
      for (const auto cell : requests[r]) {
        length[r].push_back(static_cast<std::int32_t>(cells.mine.counts.n_nonzeros(cell - first)));
        cells.mine.counts.for_each(cell - first, [&](std::int32_t g, std::uint32_t c) {
          gene[r].push_back(g);
          count[r].push_back(c);
        });
      }
    const auto lengths = parallel::exchange(comm, length);
    genes_ = parallel::exchange(comm, gene);
    counts_ = parallel::exchange(comm, count);
    std::vector<std::int64_t> next(lengths.size(), 0), at(lengths.size(), 0);
    for (const auto cell : wanted) {
      const int owner = cells.partition.owner(cell);
      const auto n = lengths[owner][next[owner]++];
      rows_.push_back({owner, at[owner], n});
      at[owner] += n;
    }
  }

  std::int64_t length(std::int64_t row) const noexcept { return rows_[row].length; }
  Entry entry(std::int64_t row, std::int64_t e) const noexcept {
    const auto& where = rows_[row];
    return {genes_[where.owner][where.from + e], counts_[where.owner][where.from + e]};
  }

private:
  struct Row {
    int owner;
    std::int64_t from, length;
  };
  std::vector<Row> rows_;
  std::vector<std::vector<std::int32_t>> genes_;  // of each owner, row after row
  std::vector<std::vector<std::uint32_t>> counts_;
};

/// Appends the sum of two rows, whose genes ascend.
void push_sum(const FetchedRows& rows, std::int64_t a, std::int64_t b, matrix::CountRows& sums) {
  std::int64_t i = 0, j = 0;
  while (i < rows.length(a) || j < rows.length(b)) {
    if (j == rows.length(b) || (i < rows.length(a) && rows.entry(a, i).gene < rows.entry(b, j).gene)) {
      sums.push(rows.entry(a, i).gene, rows.entry(a, i).count);
      ++i;
    } else if (i == rows.length(a) || rows.entry(b, j).gene < rows.entry(a, i).gene) {
      sums.push(rows.entry(b, j).gene, rows.entry(b, j).count);
      ++j;
    } else {
      sums.push(rows.entry(a, i).gene, rows.entry(a, i).count + rows.entry(b, j).count);
      ++i;
      ++j;
    }
  }
  sums.end_row();
}

}  // namespace

std::pair<std::int64_t, std::int64_t> draw_pair(std::int64_t n, std::uint64_t key, std::int64_t number) {
  stats::RandomStream random(key, stats::Purpose::doublets, static_cast<std::uint64_t>(number));
  const auto cells = static_cast<std::uint32_t>(n);
  const std::int64_t a = random.below(cells), b = random.below(cells - 1);
  return {a, b < a ? b : b + 1};
}

matrix::CountRows summed_counts(MPI_Comm comm, const matrix::DistributedCells& cells,
                                std::span<const std::pair<std::int64_t, std::int64_t>> pairs) {
  std::vector<std::int64_t> wanted;
  for (const auto& [a, b] : pairs) wanted.insert(wanted.end(), {a, b});
  const FetchedRows rows(comm, cells, wanted);
  matrix::CountRows sums;
  for (std::int64_t p = 0; p < std::ssize(pairs); ++p) push_sum(rows, 2 * p, 2 * p + 1, sums);
  return sums;
}

}  // namespace miura::doublets
