#include "simulate/hdf5_files.hpp"

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/hdf5/writer.hpp"

namespace miura::simulate {

namespace {

template <class Count, class Index>
struct CompressedRows {
  std::vector<Count> count;
  std::vector<Index> gene;
  std::vector<std::int64_t> row_start{0};
};

template <class Count, class Index>
CompressedRows<Count, Index> compressed(const matrix::CountRows& counts) {
  CompressedRows<Count, Index> rows;
  for (std::int64_t row = 0; row < counts.n_rows(); ++row) {
    counts.for_each(row, [&](std::int32_t gene, std::uint32_t count) {
      rows.count.push_back(static_cast<Count>(count));
      rows.gene.push_back(gene);
    });
    rows.row_start.push_back(std::ssize(rows.gene));
  }
  return rows;
}

template <class T>
void write_vector(const hdf5::ParallelFile& file, const hdf5::Group& at, const char* name,
                  const std::vector<T>& values) {
  file.rows(at.get(), name, std::span<const T>(values));
}

/// A data frame of text columns whose first is the index.
struct TextColumn {
  const char* name;
  const std::vector<std::string>& value;
};

void write_frame(const hdf5::ParallelFile& file, const char* name, const std::vector<std::string>& index,
                 const std::vector<TextColumn>& columns) {
  const auto frame = file.group(file.get(), name);
  file.encoding(frame.get(), "dataframe", "0.2.0");
  file.attribute(frame.get(), "_index", std::string_view("_index"));
  std::vector<std::string> order;
  for (const auto& column : columns) order.emplace_back(column.name);
  file.attribute(frame.get(), "column-order", order);
  file.encoding(file.texts(frame.get(), "_index", index).get(), "string-array", "0.2.0");
  for (const auto& column : columns)
    file.encoding(file.texts(frame.get(), column.name, column.value).get(), "string-array", "0.2.0");
}

}  // namespace

void write_10x_h5(const std::filesystem::path& path, const matrix::Features& genes, const matrix::CellBlock& cells) {
  hdf5::ParallelFile file(MPI_COMM_SELF, path);
  {
    const auto rows = compressed<std::int32_t, std::int64_t>(cells.counts);
    const auto n_genes = static_cast<std::size_t>(genes.size());
    file.attribute(file.get(), "filetype", std::string_view("matrix"));
    const auto matrix = file.group(file.get(), "matrix");
    file.texts(matrix.get(), "barcodes", cells.barcode);
    file.deflated(matrix.get(), "data", std::span<const std::int32_t>(rows.count));
    file.deflated(matrix.get(), "indices", std::span<const std::int64_t>(rows.gene));
    file.deflated(matrix.get(), "indptr", std::span<const std::int64_t>(rows.row_start));
    write_vector(file, matrix, "shape",
                 std::vector<std::int32_t>{genes.size(), static_cast<std::int32_t>(cells.n_cells())});
    const auto features = file.group(matrix.get(), "features");
    file.texts(features.get(), "_all_tag_keys", {"genome"});
    file.texts(features.get(), "feature_type", std::vector<std::string>(n_genes, "Gene Expression"));
    file.texts(features.get(), "genome", std::vector<std::string>(n_genes, "GRCh38"));
    file.texts(features.get(), "id", genes.id);
    file.texts(features.get(), "name", genes.symbol);
  }
  file.close();
}

void write_h5ad(const std::filesystem::path& path, const std::string& lot, const matrix::Features& genes,
                const matrix::CellBlock& cells) {
  hdf5::ParallelFile file(MPI_COMM_SELF, path);
  {
    file.encoding(file.get(), "anndata", "0.1.0");
    const auto rows = compressed<float, std::int32_t>(cells.counts);
    const auto x = file.group(file.get(), "X");
    file.encoding(x.get(), "csr_matrix", "0.1.0");
    file.attribute(x.get(), "shape", std::vector<std::int64_t>{cells.n_cells(), genes.size()});
    write_vector(file, x, "data", rows.count);
    write_vector(file, x, "indices", rows.gene);
    write_vector(file, x, "indptr", rows.row_start);
    const std::vector<std::string> of_lot(cells.barcode.size(), lot);
    write_frame(file, "obs", cells.barcode, {{"lot", of_lot}});
    write_frame(file, "var", genes.symbol, {{"gene_ids", genes.id}});
    for (const char* empty : {"layers", "obsm", "obsp", "uns", "varm", "varp"})
      file.encoding(file.group(file.get(), empty).get(), "dict", "0.1.0");
  }
  file.close();
}

}  // namespace miura::simulate
