#pragma once

#include <hdf5.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "miura/hdf5/handle.hpp"
#include "miura/hdf5/writer.hpp"

namespace miura::test {

/// A small HDF5 file, written by the calling rank alone; groups on the way are made.
class Hdf5File {
public:
  explicit Hdf5File(const std::filesystem::path& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), "create " + path.string()),
        with_groups_(H5Pcreate(H5P_LINK_CREATE), "make properties") {
    H5Pset_create_intermediate_group(with_groups_.get(), 1);
  }

  void group(const std::string& name) const {
    const hdf5::Group made(H5Gcreate2(file_.get(), name.c_str(), with_groups_.get(), H5P_DEFAULT, H5P_DEFAULT), name);
  }

  template <class T>
  void array(const std::string& name, const std::vector<T>& values, std::vector<hsize_t> shape = {}) const {
    raw(name, hdf5::native_type<T>(), values.data(), shape.empty() ? std::vector<hsize_t>{values.size()} : shape);
  }

  void texts(const std::string& name, const std::vector<std::string>& values) const {
    std::size_t width = 1;
    for (const auto& value : values) width = std::max(width, value.size());
    std::string padded;
    for (const auto& value : values) padded += value + std::string(width - value.size(), '\0');
    const hdf5::Datatype type(H5Tcopy(H5T_C_S1), "make a text type");
    H5Tset_size(type.get(), width);
    H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
    raw(name, type.get(), padded.data(), {values.size()});
  }

  void attribute(const std::string& object, const char* name, const std::string& text) const {
    const hdf5::Datatype type(H5Tcopy(H5T_C_S1), "make a text type");
    H5Tset_size(type.get(), text.size());
    const hdf5::Dataspace one(H5Screate(H5S_SCALAR), "make a scalar");
    const hdf5::Attribute made(H5Acreate_by_name(file_.get(), object.c_str(), name, type.get(), one.get(), H5P_DEFAULT,
                                                 H5P_DEFAULT, H5P_DEFAULT),
                               name);
    H5Awrite(made.get(), type.get(), text.data());
  }

  void attribute(const std::string& object, const char* name, const std::vector<std::int64_t>& values) const {
    const hsize_t size = values.size();
    const hdf5::Dataspace line(H5Screate_simple(1, &size, nullptr), "make a line");
    const hdf5::Attribute made(H5Acreate_by_name(file_.get(), object.c_str(), name, H5T_NATIVE_INT64, line.get(),
                                                 H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                               name);
    H5Awrite(made.get(), H5T_NATIVE_INT64, values.data());
  }

  void raw(const std::string& name, hid_t type, const void* values, const std::vector<hsize_t>& shape) const {
    const hdf5::Dataspace space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                                "make a shape");
    const hdf5::Dataset made(
        H5Dcreate2(file_.get(), name.c_str(), type, space.get(), with_groups_.get(), H5P_DEFAULT, H5P_DEFAULT), name);
    H5Dwrite(made.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  }

private:
  hdf5::File file_;
  hdf5::Properties with_groups_;
};

/// Cells with counts, in the order in which a file is to hold them.
struct Planted {
  std::vector<std::string> barcode, gene_id, symbol;
  std::vector<double> value;                ///< cells x genes
  std::vector<std::string> obs_value = {};  ///< of obs column "sample", if any

  double at(std::size_t cell, std::size_t gene) const { return value[cell * gene_id.size() + gene]; }
};

/// Nonzeros of the planted matrix along cells, or along genes if `by_gene`.
struct Compressed {
  std::vector<std::int64_t> start{0}, index;
  std::vector<double> value;
};

inline Compressed compressed(const Planted& p, bool by_gene) {
  Compressed c;
  const auto n_major = by_gene ? p.gene_id.size() : p.barcode.size(),
             n_minor = by_gene ? p.barcode.size() : p.gene_id.size();
  for (std::size_t major = 0; major < n_major; ++major) {
    for (std::size_t minor = 0; minor < n_minor; ++minor) {
      const auto value = by_gene ? p.at(minor, major) : p.at(major, minor);
      if (value == 0) continue;
      c.index.push_back(static_cast<std::int64_t>(minor));
      c.value.push_back(value);
    }
    c.start.push_back(std::ssize(c.index));
  }
  return c;
}

/// `encoding`: csr_matrix, csc_matrix or array.
inline void write_h5ad(const std::filesystem::path& path, const Planted& p, const std::string& encoding) {
  const Hdf5File file(path);
  if (encoding == "array") {
    file.array("X", p.value, {p.barcode.size(), p.gene_id.size()});
  } else {
    const auto c = compressed(p, encoding == "csc_matrix");
    file.array("X/indptr", c.start);
    file.array("X/indices", c.index);
    file.array("X/data", std::vector<float>(c.value.begin(), c.value.end()));
    file.attribute("X", "encoding-type", encoding);
    file.attribute("X", "shape", std::vector<std::int64_t>{std::ssize(p.barcode), std::ssize(p.gene_id)});
  }
  file.texts("obs/cell", p.barcode);
  file.attribute("obs", "_index", "cell");
  if (!p.obs_value.empty()) {
    auto categories = p.obs_value;
    std::ranges::sort(categories);
    categories.erase(std::ranges::unique(categories).begin(), categories.end());
    std::vector<std::int8_t> codes;
    for (const auto& value : p.obs_value)
      codes.push_back(static_cast<std::int8_t>(std::ranges::find(categories, value) - categories.begin()));
    file.array("obs/sample/codes", codes);
    file.texts("obs/sample/categories", categories);
  }
  file.texts("var/_index", p.symbol);
  file.attribute("var", "_index", "_index");
  file.texts("var/gene_ids", p.gene_id);
}

inline void write_cell_ranger_h5(const std::filesystem::path& path, const Planted& p) {
  const Hdf5File file(path);
  const auto c = compressed(p, false);
  file.array("matrix/indptr", c.start);
  file.array("matrix/indices", c.index);
  file.array("matrix/data", std::vector<std::int32_t>(c.value.begin(), c.value.end()));
  file.array("matrix/shape", std::vector<std::int32_t>{static_cast<std::int32_t>(p.gene_id.size()),
                                                       static_cast<std::int32_t>(p.barcode.size())});
  file.texts("matrix/barcodes", p.barcode);
  file.texts("matrix/features/id", p.gene_id);
  file.texts("matrix/features/name", p.symbol);
  file.texts("matrix/features/feature_type", std::vector<std::string>(p.gene_id.size(), "Gene Expression"));
  file.texts("matrix/features/genome", std::vector<std::string>(p.gene_id.size(), "GRCh38"));
}

/// Text of features.tsv, barcodes.tsv and matrix.mtx. Entries come cell by cell, or gene by gene if `by_gene`.
inline std::string features_text(const Planted& p) {
  std::string text;
  for (std::size_t g = 0; g < p.gene_id.size(); ++g) text += p.gene_id[g] + '\t' + p.symbol[g] + "\tGene Expression\n";
  return text;
}

inline std::string barcodes_text(const Planted& p) {
  std::string text;
  for (const auto& barcode : p.barcode) text += barcode + '\n';
  return text;
}

inline std::string mtx_text(const Planted& p, bool by_gene = false) {
  const auto c = compressed(p, by_gene);
  std::string text = "%%MatrixMarket matrix coordinate integer general\n%\n" + std::to_string(p.gene_id.size()) + ' ' +
                     std::to_string(p.barcode.size()) + ' ' + std::to_string(c.index.size()) + '\n';
  for (std::size_t major = 0; major + 1 < c.start.size(); ++major)
    for (auto e = c.start[major]; e < c.start[major + 1]; ++e) {
      const auto gene = by_gene ? static_cast<std::int64_t>(major) : c.index[e],
                 cell = by_gene ? c.index[e] : static_cast<std::int64_t>(major);
      text += std::to_string(gene + 1) + ' ' + std::to_string(cell + 1) + ' ' +
              std::to_string(static_cast<std::int64_t>(c.value[e])) + '\n';
    }
  return text;
}

}  // namespace miura::test
