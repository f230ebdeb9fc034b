#include "input/count_file.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

namespace miura::input {

namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code none;
  return fs::is_regular_file(path, none);
}

std::optional<fs::path> first_file(const fs::path& folder, const std::string& prefix,
                                   std::initializer_list<const char*> names) {
  for (const auto* name : names)
    if (const auto path = folder / (prefix + name); is_file(path)) return path;
  return std::nullopt;
}

bool has_matrix(const fs::path& folder) { return first_file(folder, "", {"matrix.mtx.gz", "matrix.mtx"}).has_value(); }

/// The folder with the matrix: the given one, or where Cell Ranger keeps it below a run or its `outs`.
std::optional<fs::path> matrix_folder(const fs::path& given, const std::string& genome, const Where& where) {
  for (const char* below : {"", "filtered_feature_bc_matrix", "filtered_gene_bc_matrices",
                            "outs/filtered_feature_bc_matrix", "outs/filtered_gene_bc_matrices"}) {
    const auto folder = *below ? given / below : given;
    std::error_code none;
    if (has_matrix(folder)) return folder;
    if (!fs::is_directory(folder, none)) continue;
    std::vector<std::string> genomes;  // Cell Ranger 1 and 2: a folder a genome
    for (const auto& entry : fs::directory_iterator(folder))
      if (has_matrix(entry.path())) genomes.push_back(entry.path().filename().string());
    std::ranges::sort(genomes);
    if (genomes.empty()) continue;
    if (genome.empty() && genomes.size() == 1) return folder / genomes[0];
    if (std::ranges::find(genomes, genome) != genomes.end()) return folder / genome;
    std::string names;
    for (const auto& name : genomes) names += (names.empty() ? "" : ", ") + name;
    throw InputError(where, genome.empty() ? "holds several matrices (" + names + "): choose one with input.genome"
                                           : "holds no genome '" + genome + "', but " + names);
  }
  return std::nullopt;
}

/// `prefix` is what stands before "matrix.mtx" in files that were downloaded side by side (GSM123_matrix.mtx.gz).
CountFile folder_of_three(const fs::path& folder, const std::string& prefix, const Where& where) {
  const auto need = [&](std::initializer_list<const char*> names) {
    const auto path = first_file(folder, prefix, names);
    if (path) return *path;
    throw NotFoundError({folder / (prefix + *names.begin()), 0, "", where.lot}, "not found (nor its other spellings)");
  };
  CountFile file{CountFile::Format::mtx, need({"matrix.mtx.gz", "matrix.mtx"}), {}, {}};
  file.features = need({"features.tsv.gz", "features.tsv", "genes.tsv", "genes.tsv.gz"});
  file.barcodes = need({"barcodes.tsv.gz", "barcodes.tsv"});
  return file;
}

CountFile locate_in_folder(const matrix::Lot& lot, const std::string& genome, const Where& where) {
  if (const auto folder = matrix_folder(lot.path, genome, where)) return folder_of_three(*folder, "", where);
  for (const char* below : {"", "outs"})
    if (const auto h5 =
            first_file(lot.path / below, "", {"filtered_feature_bc_matrix.h5", "filtered_gene_bc_matrices_h5.h5"}))
      return {CountFile::Format::hdf5, *h5, {}, {}};
  throw NotFoundError(where, "is a folder without matrix.mtx(.gz), here or where Cell Ranger puts it");
}

bool ends_with_any(const std::string& name, std::initializer_list<std::string_view> endings) {
  return std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
}

CountFile locate_by_name(const matrix::Lot& lot, const Where& where) {
  const auto name = lot.path.filename().string();
  if (lot.format == "table") return {CountFile::Format::table, lot.path, {}, {}};
  if (lot.format == "mtx" || ends_with_any(name, {"matrix.mtx", "matrix.mtx.gz"})) {
    if (!ends_with_any(name, {"matrix.mtx", "matrix.mtx.gz"}))
      throw InputError(where, "format mtx needs a folder, or a file named ...matrix.mtx(.gz)");
    return folder_of_three(lot.path.parent_path(), name.substr(0, name.rfind("matrix.mtx")), where);
  }
  if (!lot.format.empty() || ends_with_any(name, {".h5ad", ".h5", ".hdf5", ".h5mu"}))
    return {CountFile::Format::hdf5, lot.path, {}, {}};
  if (ends_with_any(name, {".csv", ".tsv", ".txt", ".tab", ".csv.gz", ".tsv.gz", ".txt.gz", ".tab.gz"}))
    return {CountFile::Format::table, lot.path, {}, {}};
  throw InputError(where, "its format is not recognised: name it (mtx, h5, h5ad, table) in column format");
}

}  // namespace

CountFile locate_counts(const matrix::Lot& lot, const std::string& genome) {
  const Where where{lot.path, 0, "", lot.id};
  std::error_code none;
  if (!fs::exists(lot.path, none)) throw NotFoundError(where);
  auto file = fs::is_directory(lot.path, none) ? locate_in_folder(lot, genome, where) : locate_by_name(lot, where);
  if (!lot.obs_column.empty() && file.format != CountFile::Format::hdf5)
    throw InputError(where, "obs_column selects cells of an h5ad file, which this is not");
  file.bytes = static_cast<std::int64_t>(fs::file_size(file.matrix));
  return file;
}

std::vector<CountFile> locate_all(const matrix::Lots& lots, const CellsOptions& options) {
  std::vector<CountFile> files;
  std::map<std::filesystem::path, std::size_t> pooled;
  for (std::int32_t l = 0; l < std::ssize(lots); ++l) {
    const auto known = lots[l].obs_column.empty() ? pooled.end() : pooled.find(lots[l].path);
    if (known != pooled.end()) {
      files[known->second].lots.push_back(l);
      continue;
    }
    if (!lots[l].obs_column.empty()) pooled.emplace(lots[l].path, files.size());
    files.push_back(locate_counts(lots[l], options.genome));
    files.back().lots = {l};
  }
  return files;
}

}  // namespace miura::input
