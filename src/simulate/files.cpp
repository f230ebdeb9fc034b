#include "simulate/files.hpp"

#include <fmt/format.h>
#include <libdeflate.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>
#include <system_error>

#include "miura/base/error.hpp"

namespace miura::simulate {

namespace {

void append(std::string& text, std::int64_t number) {
  char digits[20];
  text.append(digits, std::to_chars(std::begin(digits), std::end(digits), number).ptr);
}

/// Genes x cells, cell by cell, as 10x writes it.
std::string matrix_market(std::int64_t n_genes, const matrix::CountRows& counts) {
  auto text = fmt::format(
      "%%MatrixMarket matrix coordinate integer general\n"
      "%metadata_json: {{\"software_version\": \"miura simulate\", \"format_version\": 2}}\n{} {} {}\n",
      n_genes, counts.n_rows(), counts.n_nonzeros());
  for (std::int64_t row = 0; row < counts.n_rows(); ++row)
    counts.for_each(row, [&](std::int32_t gene, std::uint32_t count) {
      append(text, gene + 1);
      text += ' ';
      append(text, row + 1);
      text += ' ';
      append(text, count);
      text += '\n';
    });
  return text;
}

}  // namespace

std::string gzip(std::string_view text) {
  constexpr int level = 4;  // a study is written once and read a few times
  struct Free {
    void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
  };
  const std::unique_ptr<libdeflate_compressor, Free> compressor(libdeflate_alloc_compressor(level));
  if (!compressor) throw std::bad_alloc();
  std::string packed(libdeflate_gzip_compress_bound(compressor.get(), text.size()), '\0');
  packed.resize(libdeflate_gzip_compress(compressor.get(), text.data(), text.size(), packed.data(), packed.size()));
  return packed;
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  if (!file)
    throw Error(ExitCode::cannot_create,
                fmt::format("{}: cannot be created: {}", path.string(), std::generic_category().message(errno)));
  file.write(bytes.data(), std::ssize(bytes));
  file.close();
  if (!file)
    throw Error(ExitCode::io,
                fmt::format("{}: cannot be written: {}", path.string(), std::generic_category().message(errno)));
}

void write_matrix_folder(const std::filesystem::path& folder, CellRanger layout, const matrix::Features& genes,
                         const matrix::CellBlock& cells) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed)
    throw Error(ExitCode::cannot_create, fmt::format("{}: cannot be created: {}", folder.string(), failed.message()));
  const bool v3 = layout == CellRanger::v3;
  std::string features, barcodes;
  for (std::int32_t g = 0; g < genes.size(); ++g)
    features += fmt::format("{}\t{}{}\n", genes.id[g], genes.symbol[g], v3 ? "\tGene Expression" : "");
  for (const auto& barcode : cells.barcode) barcodes += barcode + '\n';
  const auto write = [&](const char* name, const std::string& text) {
    if (v3)
      write_file(folder / (std::string(name) + ".gz"), gzip(text));
    else
      write_file(folder / name, text);
  };
  write(v3 ? "features.tsv" : "genes.tsv", features);
  write("barcodes.tsv", barcodes);
  write("matrix.mtx", matrix_market(genes.size(), cells.counts));
}

void write_feature_table(const std::filesystem::path& path, const matrix::Features& features,
                         const matrix::CellBlock& cells) {
  std::string text = "barcode";
  for (const auto& name : features.id) text += ',' + name;
  text += '\n';
  auto value = cells.table.begin();
  for (const auto& barcode : cells.barcode) {
    text += barcode;
    for (std::int32_t f = 0; f < features.size(); ++f) fmt::format_to(std::back_inserter(text), ",{:.6g}", *value++);
    text += '\n';
  }
  write_file(path, gzip(text));
}

}  // namespace miura::simulate
