#include "app/study_matrices.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "app/anndata_elements.hpp"
#include "app/stages.hpp"
#include "miura/normalize/log_normalize.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/fetch.hpp"

namespace miura::app {

using hdf5::Group;
using hdf5::ParallelFile;

namespace {

constexpr std::int64_t cells_a_portion = 1 << 8;  // about a million counts

/// The row starts of a distributed CSR matrix in global terms, ready to be written: every rank its own, the last one
/// the end.
std::vector<std::int64_t> global_row_starts(MPI_Comm comm, std::span<const std::int64_t> local) {
  const auto before = parallel::sum_of_lower_ranks(comm, local.back() - local.front());
  std::vector<std::int64_t> starts;
  for (const auto start : local) starts.push_back(before + start - local.front());
  if (parallel::rank_of(comm) + 1 < parallel::size_of(comm)) starts.pop_back();
  return starts;
}

Group sparse_group(const ParallelFile& file, hid_t at, const std::string& name, std::int64_t rows,
                   std::int64_t columns) {
  auto group = file.group(at, name);
  file.encoding(group.get(), "csr_matrix", "0.1.0");
  file.attribute(group.get(), "shape", std::vector<std::int64_t>{rows, columns});
  return group;
}

/// Rows of a sparse matrix over reference cells; columns count all cells once they are renumbered.
struct ReferenceRows {
  std::vector<std::int64_t> row_start{0};
  std::vector<std::int64_t> column;
  std::vector<float> value;

  void add(std::int64_t reference_cell, float entry) {
    column.push_back(reference_cell);
    value.push_back(entry);
  }
  void end_row() { row_start.push_back(std::ssize(column)); }
  /// As readers of CSR want it.
  void sort_columns() {
    std::vector<std::pair<std::int64_t, float>> entries;
    for (std::size_t row = 0; row + 1 < row_start.size(); ++row) {
      const auto from = row_start[row], to = row_start[row + 1];
      if (std::is_sorted(column.begin() + from, column.begin() + to)) continue;
      entries.clear();
      for (auto at = from; at < to; ++at) entries.emplace_back(column[at], value[at]);
      std::ranges::sort(entries);
      for (auto at = from; at < to; ++at) std::tie(column[at], value[at]) = entries[at - from];
    }
  }
};

/// Writes a matrix over reference cells as one over all cells, portion after portion; rows of other cells are empty.
/// `n_mine` entries are of this rank's rows; add_row(r, rows) adds those of its reference cell r. Collective.
template <class AddRow>
void write_over_all_cells(const ParallelFile& file, const Group& obsp, const char* name, const Study& study,
                          std::int64_t n_mine, AddRow&& add_row) {
  constexpr std::int64_t rows_a_portion = 1 << 12;
  const auto comm = file.comm();
  const auto& cells = study.cells.cells.partition;
  const auto& reference = study.neighbors.graph.vertices;
  const int rank = parallel::rank_of(comm);
  std::vector<std::int64_t> row_size(cells.n_local(rank));

  const auto group = sparse_group(file, obsp.get(), name, cells.size(), cells.size());
  hdf5::RowsInPortions<float> value(file, group.get(), "data", n_mine);
  hdf5::RowsInPortions<std::int64_t> column(file, group.get(), "indices", n_mine);
  const auto first = cells.begin(rank);
  auto cell_of_reference = rows_marked(study.genes.reference);
  for (auto& cell : cell_of_reference) cell += first;
  const auto mine = reference.n_local(rank);
  const auto portions = parallel::max_over_ranks(comm, (mine + rows_a_portion - 1) / rows_a_portion);
  for (std::int64_t p = 0; p < portions; ++p) {
    const auto from = std::min(mine, p * rows_a_portion), to = std::min(mine, (p + 1) * rows_a_portion);
    ReferenceRows rows;
    for (auto r = from; r < to; ++r) {
      add_row(r, rows);
      rows.end_row();
      row_size[cell_of_reference[r] - first] = rows.row_start[r - from + 1] - rows.row_start[r - from];
    }
    rows.column = parallel::fetch<std::int64_t>(comm, reference, cell_of_reference, rows.column);
    rows.sort_columns();
    value.write(rows.value);
    column.write(rows.column);
  }
  std::vector<std::int64_t> row_start{0};
  for (const auto size : row_size) row_start.push_back(row_start.back() + size);
  file.rows<std::int64_t>(group.get(), "indptr", global_row_starts(comm, row_start));
}

}  // namespace

void write_counts(const ParallelFile& file, const Study& study, double scale, const Group& layers) {
  const auto& cells = study.cells.cells;
  const auto& counts = cells.mine.counts;
  const auto comm = file.comm();
  const std::int64_t n_genes = study.cells.features.size();
  const auto x = sparse_group(file, file.get(), "X", cells.partition.size(), n_genes);
  const auto layer = sparse_group(file, layers.get(), "counts", cells.partition.size(), n_genes);

  hdf5::RowsInPortions<float> expression(file, x.get(), "data", counts.n_nonzeros());
  hdf5::RowsInPortions<std::int32_t> column(file, x.get(), "indices", counts.n_nonzeros());
  hdf5::RowsInPortions<std::int32_t> count(file, layer.get(), "data", counts.n_nonzeros());
  std::vector<std::int64_t> row_start{0};
  std::vector<std::int32_t> columns, integers;  // of a portion
  const auto mine = cells.mine.n_cells();
  const auto portions = parallel::max_over_ranks(comm, (mine + cells_a_portion - 1) / cells_a_portion);
  for (std::int64_t p = 0; p < portions; ++p) {
    const auto from = std::min(mine, p * cells_a_portion), to = std::min(mine, (p + 1) * cells_a_portion);
    const auto values = normalize::log_normalize(counts, from, to, {.scale = scale});
    columns.resize(values.size());
    integers.resize(values.size());
    std::size_t at = 0;
    for (auto i = from; i < to; ++i) {
      counts.for_each(i, [&](std::int32_t gene, std::uint32_t c) {
        columns[at] = gene;
        integers[at++] = static_cast<std::int32_t>(c);
      });
      row_start.push_back(row_start.back() + counts.n_nonzeros(i));
    }
    expression.write(values);
    column.write(columns);
    count.write(integers);
  }
  file.rows<std::int64_t>(x.get(), "indptr", global_row_starts(comm, row_start));
  // both matrices have one pattern
  for (const char* shared : {"indices", "indptr"})
    H5Lcreate_hard(x.get(), shared, layer.get(), shared, H5P_DEFAULT, H5P_DEFAULT);
}

void write_table(const ParallelFile& file, const Study& study, double clip, const Group& layers) {
  const auto& table = study.cells.cells.mine.table;
  const std::int64_t width = study.cells.features.size();
  std::vector<float> scores;
  for (std::int64_t at = 0; at < std::ssize(table); ++at) {
    const auto sd = study.genes.table_sd[at % width];
    const auto z = sd > 0 ? (table[at] - study.genes.table_mean[at % width]) / sd : 0.0;
    scores.push_back(static_cast<float>(std::clamp(z, -clip, clip)));
  }
  array_encoding(file, file.rows<float>(file.get(), "X", scores, width));
  array_encoding(file, file.rows<double>(layers.get(), "values", table, width));
}

void write_graphs(const ParallelFile& file, const Study& study) {
  const auto& nearest = study.neighbors.nearest;
  const auto& graph = study.neighbors.graph;
  const auto obsp = dictionary(file, file.get(), "obsp");
  write_over_all_cells(file, obsp, "distances", study,
                       std::ranges::count_if(nearest.id, [](auto id) { return id >= 0; }),
                       [&](std::int64_t r, ReferenceRows& rows) {
                         for (auto at = r * nearest.k; at < (r + 1) * nearest.k && nearest.id[at] >= 0; ++at)
                           rows.add(nearest.id[at], nearest.distance[at]);
                       });
  write_over_all_cells(file, obsp, "connectivities", study, std::ssize(graph.neighbor),
                       [&](std::int64_t r, ReferenceRows& rows) {
                         for (auto at = graph.row_start[r]; at < graph.row_start[r + 1]; ++at)
                           rows.add(graph.neighbor[at], static_cast<float>(graph.weight[at] * graph.weight_unit));
                       });
}

}  // namespace miura::app
