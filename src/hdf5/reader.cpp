#include "miura/hdf5/reader.hpp"

#include <algorithm>
#include <cstring>
#include <system_error>
#include <type_traits>

#include "hdf5/deflated_chunks.hpp"
#include "hdf5/filters.hpp"
#include "hdf5/lzf.hpp"
#include "miura/hdf5/writer.hpp"

namespace miura::hdf5 {

namespace {

std::string name_in_file(const std::string& path, const std::string& field) {
  return field.empty() ? path : path + "[" + field + "]";
}

Kind kind_of(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return Kind::integer;
    case H5T_FLOAT:
      return Kind::real;
    case H5T_ENUM:
      return Kind::boolean;  // h5py's only use of it
    case H5T_STRING:
      return Kind::text;
    case H5T_COMPOUND:
      return Kind::compound;
    default:
      return Kind::other;
  }
}

/// Texts from the bytes that HDF5 gave, one of `width` bytes an element; frees those of variable length.
std::vector<std::string> take_texts(hid_t type, const Dataspace& space, std::vector<char>& bytes, std::int64_t n) {
  std::vector<std::string> texts(n);
  const auto width = H5Tget_size(type);
  const bool variable = H5Tis_variable_str(type) > 0, space_padded = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
  for (std::int64_t i = 0; i < n; ++i) {
    const char* const at = bytes.data() + i * static_cast<std::int64_t>(width);
    if (variable) {
      const char* text = nullptr;
      std::memcpy(&text, at, sizeof text);
      if (text) texts[i] = text;
    } else {
      texts[i].assign(at, strnlen(at, width));
      if (space_padded) texts[i].erase(texts[i].find_last_not_of(' ') + 1);
    }
  }
  if (variable) H5Dvlen_reclaim(type, space.get(), H5P_DEFAULT, bytes.data());
  return texts;
}

/// Takes over an object of a file; it is known to be there, so if it cannot be opened, the file is to blame.
template <class AnyHandle>
AnyHandle opened(hid_t id, const std::filesystem::path& file, const std::string& name) {
  if (id < 0) throw InputError({file}, "'" + name + "' cannot be opened: the file is damaged or cut off");
  return {id, "open " + name};
}

Attribute find_attribute(hid_t at, const std::string& path, const char* name) {
  if (H5Aexists_by_name(at, path.c_str(), name, H5P_DEFAULT) <= 0) return {};
  return opened<Attribute>(H5Aopen_by_name(at, path.c_str(), name, H5P_DEFAULT, H5P_DEFAULT), file_of(at),
                           path + ": " + name);
}

herr_t collect_name(hid_t, const char* name, const H5L_info_t*, void* names) {
  static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

}  // namespace

File open_to_read(const std::filesystem::path& path) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // errors are told by exceptions
  register_lzf();
  std::error_code none;
  if (!std::filesystem::exists(path, none)) throw NotFoundError({path});
  const auto id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (id < 0) throw InputError({path}, "is not an HDF5 file, or is damaged or cut off");
  return {id, "open " + path.string()};
}

std::filesystem::path file_of(hid_t at) {
  const auto length = H5Fget_name(at, nullptr, 0);
  std::string name(std::max<ssize_t>(length, 0), '\0');
  if (length > 0) H5Fget_name(at, name.data(), name.size() + 1);
  return name;
}

Group open_group(hid_t at, const std::string& path) {
  if (!is_group(at, path)) throw InputError({file_of(at)}, "holds no group '" + path + "'");
  return opened<Group>(H5Gopen2(at, path.c_str(), H5P_DEFAULT), file_of(at), path);
}

bool exists(hid_t at, const std::string& path) {
  for (auto end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const auto step = path.substr(0, end);
    if (H5Lexists(at, step.c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) return H5Oexists_by_name(at, step.c_str(), H5P_DEFAULT) > 0;
  }
}

bool is_group(hid_t at, const std::string& path) {
  H5O_info_t about;
  return exists(at, path) && H5Oget_info_by_name2(at, path.c_str(), &about, H5O_INFO_BASIC, H5P_DEFAULT) >= 0 &&
         about.type == H5O_TYPE_GROUP;
}

std::vector<std::string> names_in(hid_t at, const std::string& path) {
  std::vector<std::string> names;
  hsize_t from = 0;
  H5Literate_by_name(at, path.c_str(), H5_INDEX_NAME, H5_ITER_INC, &from, collect_name, &names, H5P_DEFAULT);
  return names;
}

std::string text_attribute(hid_t at, const std::string& path, const char* name) {
  const auto attribute = find_attribute(at, path, name);
  if (!attribute) return {};
  const Datatype type(H5Aget_type(attribute.get()), "see an attribute's type");
  const Dataspace space(H5Aget_space(attribute.get()), "see an attribute's shape");
  const auto n = H5Sget_simple_extent_npoints(space.get());
  if (H5Tget_class(type.get()) != H5T_STRING || n < 1) return {};
  std::vector<char> bytes(H5Tget_size(type.get()) * static_cast<std::size_t>(n));
  if (H5Aread(attribute.get(), type.get(), bytes.data()) < 0)
    throw InputError({file_of(at)}, "attribute '" + std::string(name) + "' of '" + path + "' cannot be read");
  return take_texts(type.get(), space, bytes, n).front();
}

std::vector<std::int64_t> integer_attribute(hid_t at, const std::string& path, const char* name) {
  const auto attribute = find_attribute(at, path, name);
  if (!attribute) return {};
  const Datatype type(H5Aget_type(attribute.get()), "see an attribute's type");
  const Dataspace space(H5Aget_space(attribute.get()), "see an attribute's shape");
  std::vector<std::int64_t> values(H5Sget_simple_extent_npoints(space.get()));
  if (H5Tget_class(type.get()) != H5T_INTEGER || H5Aread(attribute.get(), H5T_NATIVE_INT64, values.data()) < 0)
    return {};
  return values;
}

StoredArray::StoredArray(hid_t at, const std::string& path, const std::string& field)
    : file_(file_of(at)), path_(path), field_(field) {
  if (!exists(at, path) || is_group(at, path)) throw InputError({file_}, "holds no dataset '" + path + "'");
  dataset_ = opened<Dataset>(H5Dopen2(at, path.c_str(), H5P_DEFAULT), file_, path);
  element_ = Datatype(H5Dget_type(dataset_.get()), "see the type of " + path);
  if (!field.empty()) {
    const int member =
        H5Tget_class(element_.get()) == H5T_COMPOUND ? H5Tget_member_index(element_.get(), field.c_str()) : -1;
    if (member < 0) throw InputError({file_}, "'" + path + "' has no field '" + field + "'");
    element_ = Datatype(H5Tget_member_type(element_.get(), static_cast<unsigned>(member)), "see a field's type");
  }
  kind_ = kind_of(element_.get());
  element_bytes_ = static_cast<std::int64_t>(H5Tget_size(element_.get()));
  const Dataspace space(H5Dget_space(dataset_.get()), "see the shape of " + path);
  std::vector<hsize_t> extent(std::max(0, H5Sget_simple_extent_ndims(space.get())));
  H5Sget_simple_extent_dims(space.get(), extent.data(), nullptr);
  shape_.assign(extent.begin(), extent.end());
  if (auto chunks = DeflatedChunks::of(dataset_)) deflated_ = std::make_unique<DeflatedChunks>(std::move(*chunks));
}

StoredArray::StoredArray(StoredArray&&) noexcept = default;
StoredArray::~StoredArray() = default;

bool StoredArray::fits_int32() const noexcept {
  if (H5Tget_class(element_.get()) != H5T_INTEGER) return false;
  return element_bytes_ < 4 || (element_bytes_ == 4 && H5Tget_sign(element_.get()) == H5T_SGN_2);
}

std::vector<std::string> StoredArray::fields() const {
  std::vector<std::string> names;
  if (kind_ != Kind::compound) return names;
  for (int i = 0, n = H5Tget_nmembers(element_.get()); i < n; ++i) {
    char* const name = H5Tget_member_name(element_.get(), static_cast<unsigned>(i));
    names.emplace_back(name);
    H5free_memory(name);
  }
  return names;
}

Datatype StoredArray::in_memory(hid_t element) const {
  if (field_.empty()) return {H5Tcopy(element), "copy a type"};
  Datatype one_field(H5Tcreate(H5T_COMPOUND, H5Tget_size(element)), "make a type of one field");
  H5Tinsert(one_field.get(), field_.c_str(), 0, element);
  return one_field;
}

void StoredArray::read_slab(hid_t element, std::int64_t first, std::int64_t count, void* into) const {
  if (count == 0 || width() == 0) return;
  const auto type = in_memory(element);
  const Dataspace on_disk(H5Dget_space(dataset_.get()), "see the shape of " + path_);
  const hsize_t start[2] = {static_cast<hsize_t>(first), 0};
  const hsize_t block[2] = {static_cast<hsize_t>(count), static_cast<hsize_t>(width())};
  const int rank = static_cast<int>(shape_.size());
  if (rank > 2) throw InputError({file_}, "'" + path_ + "' has more than two dimensions");
  const Dataspace here(rank > 0 ? H5Screate_simple(rank, block, nullptr) : H5Screate(H5S_SCALAR),
                       "describe rows of " + path_);
  if (rank > 0) H5Sselect_hyperslab(on_disk.get(), H5S_SELECT_SET, start, nullptr, block, nullptr);
  if (H5Dread(dataset_.get(), type.get(), here.get(), on_disk.get(), H5P_DEFAULT, into) < 0) refuse();
}

void StoredArray::refuse() const {
  const Properties creation(H5Dget_create_plist(dataset_.get()), "see how " + path_ + " is stored");
  for (const auto& [filter, name] : filters_of(creation))
    if (H5Zfilter_avail(filter) <= 0)
      throw InputError({file_}, "'" + path_ + "' is compressed with HDF5 filter " + std::to_string(filter) + " (" +
                                    name + "), which is not known here: write the file with gzip");
  throw InputError({file_},
                   "'" + name_in_file(path_, field_) + "' cannot be read: damaged, cut off or of another type");
}

/// The way past HDF5's own inflating, where there is one.
template <class T>
bool StoredArray::read_deflated(std::int64_t first, std::int64_t count, std::span<T> into) const {
  if (!deflated_) return false;
  if (count == 0) return true;
  if constexpr (std::is_same_v<T, std::int32_t>)
    if (kind_ == Kind::integer && element_bytes_ == 8 && deflated_->read_narrowed(first, count, into.data()))
      return true;
  const auto fits = element_bytes_ <= static_cast<std::int64_t>(sizeof(T));
  std::vector<std::byte> wider(fits ? 0 : static_cast<std::size_t>(count * element_bytes_));
  auto* const values = fits ? reinterpret_cast<std::byte*>(into.data()) : wider.data();
  if (!deflated_->read(first, count, values)) return false;
  if (H5Tconvert(element_.get(), native_type<T>(), static_cast<std::size_t>(count), values, nullptr, H5P_DEFAULT) < 0)
    return false;
  if (!fits) std::memcpy(into.data(), values, into.size_bytes());
  return true;
}

template <class T>
void StoredArray::read_rows(std::int64_t first, std::int64_t count, std::span<T> into) const {
  if (kind_ == Kind::text || kind_ == Kind::compound || kind_ == Kind::other)
    throw InputError({file_}, "'" + name_in_file(path_, field_) + "' does not hold numbers");
  if (!read_deflated<T>(first, count, into)) read_slab(native_type<T>(), first, count, into.data());
}

template <class T>
std::vector<T> StoredArray::read() const {
  std::vector<T> values(n_rows() * width());
  read_rows<T>(0, n_rows(), values);
  return values;
}

std::vector<std::string> StoredArray::read_texts() const { return read_texts(0, n_rows()); }

std::vector<std::string> StoredArray::read_texts(std::int64_t first, std::int64_t count) const {
  if (kind_ != Kind::text) throw InputError({file_}, "'" + name_in_file(path_, field_) + "' does not hold text");
  const auto n = count * width();
  std::vector<char> bytes(n * element_bytes_);
  if (n > 0) read_slab(element_.get(), first, count, bytes.data());
  const hsize_t extent[1] = {static_cast<hsize_t>(n)};
  const Dataspace line(H5Screate_simple(1, extent, nullptr), "describe texts");
  return take_texts(element_.get(), line, bytes, n);
}

#define MIURA_READ(T)                                                                      \
  template void StoredArray::read_rows<T>(std::int64_t, std::int64_t, std::span<T>) const; \
  template std::vector<T> StoredArray::read<T>() const;
MIURA_READ(float)
MIURA_READ(double)
MIURA_READ(std::int8_t)
MIURA_READ(std::uint8_t)
MIURA_READ(std::int32_t)
MIURA_READ(std::int64_t)
#undef MIURA_READ

}  // namespace miura::hdf5
