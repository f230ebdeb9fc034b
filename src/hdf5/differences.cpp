#include "miura/hdf5/differences.hpp"

#include <algorithm>
#include <cstring>
#include <map>

#include "miura/hdf5/handle.hpp"
#include "miura/hdf5/reader.hpp"

namespace miura::hdf5 {

namespace {

constexpr hsize_t slab_bytes = hsize_t{64} << 20;

std::vector<hsize_t> shape_of(hid_t space) {
  std::vector<hsize_t> shape(std::max(H5Sget_simple_extent_ndims(space), 0));
  if (!shape.empty()) H5Sget_simple_extent_dims(space, shape.data(), nullptr);
  return shape;
}

std::string type_name(hid_t type) {
  const auto bits = std::to_string(8 * H5Tget_size(type));
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return (H5Tget_sign(type) == H5T_SGN_NONE ? "uint" : "int") + bits;
    case H5T_FLOAT:
      return "float" + bits;
    case H5T_STRING:
      return "text";
    case H5T_ENUM:
      return "boolean";
    case H5T_COMPOUND:
      return "compound";
    default:
      return "other";
  }
}

std::string describe_dataset(hid_t dataset) {
  const Datatype type(H5Dget_type(dataset), "read a type");
  const Dataspace space(H5Dget_space(dataset), "read a shape");
  std::string text = type_name(type.get());
  const auto shape = shape_of(space.get());
  for (std::size_t d = 0; d < shape.size(); ++d) text += (d == 0 ? " " : " x ") + std::to_string(shape[d]);
  return text;
}

std::map<std::string, H5O_type_t> objects_in(const File& file) {
  std::map<std::string, H5O_type_t> found;
  // H5Lvisit, not H5Ovisit: an object with two names (hard links) is listed under both.
  const auto note = [](hid_t group, const char* name, const H5L_info_t*, void* out) -> herr_t {
    H5O_info_t object;
    if (H5Oget_info_by_name(group, name, &object, H5P_DEFAULT) >= 0)
      static_cast<std::map<std::string, H5O_type_t>*>(out)->emplace(std::string("/") + name, object.type);
    return 0;
  };
  H5Lvisit(file.get(), H5_INDEX_NAME, H5_ITER_INC, note, &found);
  found.emplace("/", H5O_TYPE_GROUP);
  return found;
}

/// Bytes of one slab of a data set or of an attribute; texts of variable length are followed.
std::vector<char> with_texts(hid_t type, std::vector<char> raw, std::size_t n) {
  if (H5Tis_variable_str(type) <= 0) return raw;
  std::vector<char> text;
  for (std::size_t i = 0; i < n; ++i) {
    char* characters = nullptr;
    std::memcpy(&characters, raw.data() + i * sizeof(char*), sizeof(char*));
    if (characters != nullptr) text.insert(text.end(), characters, characters + std::strlen(characters) + 1);
    H5free_memory(characters);
  }
  return text;
}

bool same_values(hid_t a, hid_t b) {
  const Datatype type(H5Dget_type(a), "read a type");
  const Dataspace space(H5Dget_space(a), "read a shape");
  const auto size = H5Tget_size(type.get());
  auto shape = shape_of(space.get());
  const bool scalar = shape.empty();
  if (scalar) shape = {1};
  hsize_t row = 1;
  for (std::size_t d = 1; d < shape.size(); ++d) row *= shape[d];
  const hsize_t rows_a_slab = std::max<hsize_t>(1, slab_bytes / std::max<hsize_t>(1, row * size));
  for (hsize_t from = 0; from < shape[0]; from += rows_a_slab) {
    std::vector<hsize_t> start(shape.size()), count = shape;
    start[0] = from;
    count[0] = std::min(rows_a_slab, shape[0] - from);
    const Dataspace memory(
        scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr),
        "describe a slab");
    const auto read = [&](hid_t dataset) {
      const Dataspace disk(H5Dget_space(dataset), "read a shape");
      if (!scalar) H5Sselect_hyperslab(disk.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
      std::vector<char> bytes(count[0] * row * size);
      if (H5Dread(dataset, type.get(), memory.get(), disk.get(), H5P_DEFAULT, bytes.data()) < 0)
        throw Error(ExitCode::io, file_of(dataset).string() + ": cannot be read");
      return with_texts(type.get(), std::move(bytes), count[0] * row);
    };
    if (read(a) != read(b)) return false;
  }
  return true;
}

/// All attributes of an object: name, type, shape and bytes in one text each.
std::map<std::string, std::string> attributes_of(hid_t object) {
  std::map<std::string, std::string> found;
  const auto note = [](hid_t holder, const char* name, const H5A_info_t*, void* out) -> herr_t {
    const Attribute attribute(H5Aopen(holder, name, H5P_DEFAULT), "open an attribute");
    const Datatype type(H5Aget_type(attribute.get()), "read a type");
    const Dataspace space(H5Aget_space(attribute.get()), "read a shape");
    const auto n = static_cast<std::size_t>(H5Sget_simple_extent_npoints(space.get()));
    std::vector<char> bytes(n * H5Tget_size(type.get()));
    if (!bytes.empty()) H5Aread(attribute.get(), type.get(), bytes.data());
    bytes = with_texts(type.get(), std::move(bytes), n);
    (*static_cast<std::map<std::string, std::string>*>(out))[name] =
        type_name(type.get()) + ":" + std::to_string(n) + ":" + std::string(bytes.begin(), bytes.end());
    return 0;
  };
  H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, note, &found);
  return found;
}

}  // namespace

std::vector<Entry> contents(const std::filesystem::path& path) {
  const auto file = open_to_read(path);
  std::vector<Entry> entries;
  for (const auto& [name, type] : objects_in(file)) {
    if (name == "/") continue;
    if (type == H5O_TYPE_DATASET)
      entries.push_back(
          {name, describe_dataset(Dataset(H5Dopen2(file.get(), name.c_str(), H5P_DEFAULT), "open " + name).get())});
    else
      entries.push_back({name, text_attribute(file.get(), name, "encoding-type")});
  }
  return entries;
}

std::vector<std::string> differences(const std::filesystem::path& a, const std::filesystem::path& b) {
  const auto file_a = open_to_read(a), file_b = open_to_read(b);
  const auto in_a = objects_in(file_a), in_b = objects_in(file_b);
  std::vector<std::string> lines;
  for (const auto& [name, type] : in_b)
    if (!in_a.contains(name)) lines.push_back(name + ": only in " + b.string());
  for (const auto& [name, type] : in_a) {
    const auto other = in_b.find(name);
    if (other == in_b.end() || other->second != type) {
      lines.push_back(name + (other == in_b.end() ? ": only in " + a.string() : std::string(": of another kind")));
      continue;
    }
    const Object object_a(H5Oopen(file_a.get(), name.c_str(), H5P_DEFAULT), "open " + name);
    const Object object_b(H5Oopen(file_b.get(), name.c_str(), H5P_DEFAULT), "open " + name);
    if (attributes_of(object_a.get()) != attributes_of(object_b.get())) lines.push_back(name + ": attributes differ");
    if (type != H5O_TYPE_DATASET) continue;
    const auto kind_a = describe_dataset(object_a.get()), kind_b = describe_dataset(object_b.get());
    if (kind_a != kind_b)
      lines.push_back(name + ": " + kind_a + " and " + kind_b);
    else if (!same_values(object_a.get(), object_b.get()))
      lines.push_back(name + ": values differ");
  }
  return lines;
}

}  // namespace miura::hdf5
