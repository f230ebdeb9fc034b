#include "miura/markers/split_counts.hpp"

#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace miura::markers {

namespace {

void push(matrix::CountRows& rows, std::int32_t gene, std::uint32_t count) {
  if (count > 0) rows.push(gene, count);
}

/// A half without counts yet.
matrix::DistributedCells same_cells(const matrix::DistributedCells& cells) {
  return {cells.partition, {.lot = cells.mine.lot, .barcode = cells.mine.barcode, .counts = {}, .table = {}}};
}

}  // namespace

SplitCells split_counts(MPI_Comm comm, const matrix::DistributedCells& cells, double fraction, std::uint64_t seed) {
  const auto below = static_cast<std::uint64_t>(fraction * 0x1p32);
  const auto first_cell = cells.partition.begin(parallel::rank_of(comm));
  SplitCells halves{same_cells(cells), same_cells(cells)};
  auto &first = halves.first.mine.counts, &second = halves.second.mine.counts;
  for (std::int64_t i = 0; i < cells.mine.n_cells(); ++i) {
    stats::RandomStream random(seed, stats::Purpose::count_split, static_cast<std::uint64_t>(first_cell + i));
    cells.mine.counts.for_each(i, [&](std::int32_t gene, std::uint32_t count) {
      std::uint32_t drawn = 0;
      for (std::uint32_t molecule = 0; molecule < count; ++molecule) drawn += random() < below ? 1 : 0;
      push(first, gene, drawn);
      push(second, gene, count - drawn);
    });
    first.end_row();
    second.end_row();
  }
  first.shrink();
  second.shrink();
  return halves;
}

}  // namespace miura::markers
