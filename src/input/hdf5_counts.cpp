// HDF5 files of counts: Cell Ranger (2: a group a genome; 3 and later: one group), AnnData, and MuData's RNA.
#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "input/anndata_frame.hpp"
#include "input/count_file.hpp"
#include "input/count_rows.hpp"
#include "input/stored_matrix.hpp"
#include "miura/hdf5/reader.hpp"

namespace miura::input {

namespace {

/// What an opened file turned out to hold. Paths start at `root`.
struct Content {
  enum class Kind { cell_ranger_2, cell_ranger_3, anndata } kind = Kind::anndata;
  hdf5::File file;
  hdf5::Group root;
  StoredMatrix matrix;
  std::string features = "var";  ///< AnnData: the frame of features; Cell Ranger: the group with them
  bool from_raw = false;
};

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(words.size(), 12); ++i) text += (i ? ", " : "") + words[i];
  return words.size() > 12 ? text + " ..." : text;
}

StoredMatrix cell_ranger_matrix(hid_t at, const std::string& group, const Where& where) {
  const auto shape = hdf5::StoredArray(at, group + "/shape").read<std::int64_t>();
  if (shape.size() != 2) throw InputError(where, "'" + group + "/shape' does not hold two numbers");
  return {StoredMatrix::Layout::by_cell, group, shape[1], shape[0]};  // stored as features x cells, by column
}

/// Cell Ranger 1 and 2: a group a genome.
std::optional<std::string> genome_group(hid_t at, const std::string& genome, const Where& where) {
  std::vector<std::string> genomes;
  for (const auto& name : hdf5::names_in(at, "."))
    if (hdf5::exists(at, name + "/gene_names") && hdf5::exists(at, name + "/barcodes")) genomes.push_back(name);
  if (genomes.empty()) return std::nullopt;
  if (genome.empty() && genomes.size() == 1) return genomes[0];
  if (genome.empty())
    throw InputError(where, "holds several genomes (" + listed(genomes) + "): choose one with input.genome");
  if (std::ranges::find(genomes, genome) == genomes.end())
    throw InputError(where, "holds no genome '" + genome + "', but " + listed(genomes));
  return genome;
}

/// A matrix of an AnnData object, in any of its encodings; n_cells x n_features is what obs and var say.
StoredMatrix anndata_matrix(hid_t at, const std::string& path, std::int64_t n_cells, std::int64_t n_features,
                            const Where& where) {
  StoredMatrix matrix{StoredMatrix::Layout::dense, path, n_cells, n_features};
  std::vector<std::int64_t> shape;
  if (hdf5::is_group(at, path)) {
    auto encoding = hdf5::text_attribute(at, path, "encoding-type");
    if (encoding.empty()) encoding = hdf5::text_attribute(at, path, "h5sparse_format");  // 0.6 and earlier
    if (!encoding.starts_with("csr") && !encoding.starts_with("csc"))
      throw InputError(where, "'" + path + "' is encoded as '" + encoding + "', not as csr, csc or a dense array");
    matrix.layout = encoding.starts_with("csr") ? StoredMatrix::Layout::by_cell : StoredMatrix::Layout::by_feature;
    shape = hdf5::integer_attribute(at, path, "shape");
    if (shape.empty()) shape = hdf5::integer_attribute(at, path, "h5sparse_shape");
  } else {
    shape = hdf5::StoredArray(at, path).shape();
  }
  if (shape != std::vector{n_cells, n_features})
    throw InputError(
        where, "'" + path + "' is " +
                   (shape.size() == 2 ? std::to_string(shape[0]) + " x " + std::to_string(shape[1]) : "not a matrix") +
                   ", but there are " + std::to_string(n_cells) + " cells and " + std::to_string(n_features) +
                   " features");
  return matrix;
}

/// The layer that was asked for, else X, else raw.X where X is missing or holds no counts.
void choose_anndata_matrix(Content& content, const CellsOptions& options, const Where& where) {
  const auto at = content.root.get();
  const auto n_cells = std::ssize(frame_index(at, "obs"));
  const auto matrix_with = [&](const std::string& path, const std::string& var) {
    return anndata_matrix(at, path, n_cells, std::ssize(frame_index(at, var)), where);
  };
  if (!options.layer.empty()) {
    const auto path = "layers/" + options.layer;
    if (!hdf5::exists(at, path))
      throw InputError(where, "has no layer '" + options.layer + "' (input.layer); its layers: " +
                                  (hdf5::exists(at, "layers") ? listed(hdf5::names_in(at, "layers")) : "none"));
    content.matrix = matrix_with(path, "var");
    return;
  }
  const bool has_x = hdf5::exists(at, "X");
  if (has_x) content.matrix = matrix_with("X", "var");
  if (has_x && looks_like_counts(at, content.matrix)) return;
  const std::array<std::pair<const char*, const char*>, 2> raws{{{"raw/X", "raw/var"}, {"raw.X", "raw.var"}}};
  for (const auto& [x, var] : raws) {
    if (!hdf5::exists(at, x)) continue;
    const auto raw = matrix_with(x, var);
    if (has_x && !looks_like_counts(at, raw)) continue;  // then X is what to complain of
    content.matrix = raw;
    content.features = var;
    content.from_raw = true;
    return;
  }
  if (!has_x) {
    const auto layers = hdf5::exists(at, "layers") ? listed(hdf5::names_in(at, "layers")) : std::string();
    throw InputError(where, layers.empty() ? "holds no X, no raw.X and no layers"
                                           : "holds no X; choose a layer with input.layer: " + layers);
  }
}

/// Where in the file AnnData begins: at the root, or in MuData at its RNA.
hdf5::Group anndata_root(hid_t file, const Where& where) {
  if (!hdf5::is_group(file, "mod")) return hdf5::open_group(file, "/");
  const auto names = hdf5::names_in(file, "mod");
  for (const auto& name : {std::string("rna"), std::string("gex"), names.size() == 1 ? names[0] : std::string()})
    if (!name.empty() && std::ranges::find(names, name) != names.end()) return hdf5::open_group(file, "mod/" + name);
  throw InputError(where, "holds the modalities " + listed(names) + ", none of them named rna");
}

Content open_content(const CountFile& file, const Where& where, const CellsOptions& options) {
  Content content;
  content.file = hdf5::open_to_read(file.matrix);
  const auto at = content.file.get();
  if (hdf5::exists(at, "matrix/barcodes") && hdf5::exists(at, "matrix/features")) {
    content.kind = Content::Kind::cell_ranger_3;
    content.root = hdf5::open_group(at, "/");
    content.matrix = cell_ranger_matrix(at, "matrix", where);
    content.features = "matrix/features";
  } else if (const auto genome = genome_group(at, options.genome, where)) {
    content.kind = Content::Kind::cell_ranger_2;
    content.root = hdf5::open_group(at, "/");
    content.matrix = cell_ranger_matrix(at, *genome, where);
    content.features = *genome;
  } else if (hdf5::exists(at, "obs") || hdf5::exists(at, "X") || hdf5::exists(at, "mod")) {
    content.root = anndata_root(at, where);
    choose_anndata_matrix(content, options, where);
  } else {
    throw InputError(where, "is neither a Cell Ranger nor an AnnData file");
  }
  return content;
}

/// The first of the columns that the frame has, as text; else nothing.
std::vector<std::string> first_of(hid_t at, const std::string& frame, std::initializer_list<const char*> names) {
  const auto columns = frame_columns(at, frame);
  for (const auto* name : names)
    if (std::ranges::find(columns, name) != columns.end()) return frame_texts(at, frame, name);
  return {};
}

FeatureTable anndata_features(const Content& content) {
  const auto at = content.root.get();
  const auto& frame = content.features;
  FeatureTable table;
  table.symbol = frame_index(at, frame);
  table.id = first_of(at, frame, {"gene_ids", "gene_id", "ensembl_id", "feature_id"});
  if (table.id.empty()) table.id = table.symbol;
  if (std::ranges::any_of(table.symbol, is_ensembl_gene)) {  // the index holds the ids
    auto symbols =
        first_of(at, frame, {"gene_symbols", "gene_symbol", "gene_names", "gene_name", "feature_name", "symbol"});
    table.id = std::move(table.symbol);
    table.symbol = symbols.empty() ? table.id : std::move(symbols);
  }
  table.type = first_of(at, frame, {"feature_types", "feature_type"});
  if (std::ranges::all_of(table.type, &std::string::empty)) table.type.clear();
  table.genome = first_of(at, frame, {"genome"});
  return table;
}

std::vector<std::string> texts(hid_t at, const std::string& path) { return hdf5::StoredArray(at, path).read_texts(); }

FeatureTable cell_ranger_features(const Content& content) {
  const auto at = content.root.get();
  const auto& group = content.features;
  if (content.kind == Content::Kind::cell_ranger_2)
    return {texts(at, group + "/genes"), texts(at, group + "/gene_names"), {}, {}};
  return {texts(at, group + "/id"), texts(at, group + "/name"), texts(at, group + "/feature_type"),
          texts(at, group + "/genome")};
}

/// Deals the cells of a pooled file to its lots; of any other file all cells are the lot's.
WantedCells wanted_cells(const Content& content, const CountFile& file, const matrix::Lots& lots,
                         std::span<const std::string> barcode) {
  const auto n_cells = std::ssize(barcode);
  WantedCells wanted{std::vector<std::int32_t>(n_cells, -1),
                     std::vector<std::int64_t>(n_cells),
                     std::vector<std::int64_t>(file.lots.size()),
                     barcode,
                     {}};
  std::vector<std::int64_t> all(n_cells);
  std::iota(all.begin(), all.end(), 0);
  using CellsOfValue = std::unordered_map<std::string, std::vector<std::int64_t>>;
  std::unordered_map<std::string, CellsOfValue> column;  // lots mostly use the same
  for (std::size_t block = 0; block < file.lots.size(); ++block) {
    const auto& lot = lots[file.lots[block]];
    const bool whole = lot.obs_column.empty();
    wanted.where.push_back({file.matrix, 0, "", lot.id});
    if (!whole && !column.contains(lot.obs_column)) {
      if (content.kind != Content::Kind::anndata)
        throw InputError(wanted.where[block], "obs_column selects cells of an h5ad file, which this is not");
      auto values = frame_texts(content.root.get(), "obs", lot.obs_column);
      auto& cells_of = column[lot.obs_column];
      for (std::int64_t cell = 0; cell < n_cells; ++cell) cells_of[std::move(values[cell])].push_back(cell);
    }
    for (const auto cell : whole ? all : column[lot.obs_column][lot.obs_value]) {
      if (wanted.block[cell] >= 0)
        throw InputError(wanted.where[block],
                         "cell " + barcode[cell] + " also belongs to lot " + lots[file.lots[wanted.block[cell]]].id);
      wanted.block[cell] = static_cast<std::int32_t>(block);
      wanted.row[cell] = wanted.n_rows[block]++;
    }
    if (!whole && wanted.n_rows[block] == 0)
      throw InputError(wanted.where[block],
                       "no cell has '" + lot.obs_value + "' in obs column '" + lot.obs_column + "'");
  }
  return wanted;
}

Where place_of(const CountFile& file, const matrix::Lots& lots) { return {file.matrix, 0, "", lots[file.lots[0]].id}; }

}  // namespace

FeatureTable read_hdf5_features(const CountFile& file, const matrix::Lots& lots, const CellsOptions& options,
                                bool& from_raw) {
  const auto where = place_of(file, lots);
  const auto content = open_content(file, where, options);
  from_raw = content.from_raw;
  auto table = content.kind == Content::Kind::anndata ? anndata_features(content) : cell_ranger_features(content);
  for (const auto* column : {&table.id, &table.symbol})
    if (std::ssize(*column) != content.matrix.n_features)
      throw InputError(where, "has " + std::to_string(column->size()) + " names for " +
                                  std::to_string(content.matrix.n_features) + " features");
  return table;
}

std::vector<matrix::CellBlock> read_hdf5(const CountFile& file, const matrix::Lots& lots, const CellsOptions& options,
                                         const JoinedColumns& columns) {
  const auto where = place_of(file, lots);
  const auto content = open_content(file, where, options);
  const auto at = content.root.get();
  const auto barcode =
      content.kind == Content::Kind::anndata
          ? frame_index(at, "obs")
          : texts(at, (content.kind == Content::Kind::cell_ranger_3 ? "matrix" : content.features) + "/barcodes");
  if (std::ssize(barcode) != content.matrix.n_cells)
    throw InputError(where, "has " + std::to_string(barcode.size()) + " barcodes for " +
                                std::to_string(content.matrix.n_cells) + " cells");
  const auto wanted = wanted_cells(content, file, lots, barcode);
  auto rows = read_stored_matrix(at, content.matrix, wanted, columns);

  std::vector<std::vector<std::string>> names(file.lots.size());
  for (std::int64_t cell = 0; cell < std::ssize(barcode); ++cell)
    if (wanted.block[cell] >= 0) names[wanted.block[cell]].push_back(barcode[cell]);
  std::vector<matrix::CellBlock> blocks;
  for (std::size_t block = 0; block < rows.size(); ++block)
    blocks.push_back(
        sorted_block(file.lots[block], std::move(names[block]), std::move(rows[block]), {}, 0, wanted.where[block]));
  return blocks;
}

LotExtent read_hdf5_extent(const CountFile& file, const matrix::Lots& lots, const CellsOptions& options) {
  const auto content = open_content(file, place_of(file, lots), options);
  return {.cells = content.matrix.n_cells,
          .features = content.matrix.n_features,
          .entries = expected_entries(content.root.get(), content.matrix)};
}

}  // namespace miura::input
