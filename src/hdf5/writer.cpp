#include "miura/hdf5/writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "hdf5/unfinished_file.hpp"
#include "hdf5/write_behind.hpp"
#include "miura/base/open_file.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::hdf5 {

namespace {

constexpr std::int64_t values_a_chunk = 80'000;  // as Cell Ranger
constexpr unsigned deflate_level = 4;
constexpr std::int64_t most_bytes = std::int64_t{1} << 30;  // of one call and rank: MPI-IO counts are int

Datatype text_type(std::size_t size, H5T_str_t padding) {
  Datatype type(H5Tcopy(H5T_C_S1), "make a text type");
  H5Tset_size(type.get(), size);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  if (size != H5T_VARIABLE) H5Tset_strpad(type.get(), padding);
  return type;
}

/// As h5py writes numpy.bool_.
Datatype boolean_type() {
  Datatype type(H5Tenum_create(H5T_NATIVE_INT8), "make a boolean type");
  const std::int8_t no = 0, yes = 1;
  H5Tenum_insert(type.get(), "FALSE", &no);
  H5Tenum_insert(type.get(), "TRUE", &yes);
  return type;
}

Dataspace simple_space(std::initializer_list<std::int64_t> shape) {
  std::vector<hsize_t> extent(shape.begin(), shape.end());
  return {H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), "describe a shape"};
}

/// Takes over what a collective call of HDF5 gave to this rank, once all ranks got theirs.
template <class AnyHandle>
AnyHandle created(const ParallelFile& file, hid_t id, const std::string& name) {
  AnyHandle handle;
  parallel::together(file.comm(), [&] { handle = AnyHandle(id, "create " + name + " in " + file.path().string()); });
  return handle;
}

Properties plain_storage() {
  Properties creation(H5Pcreate(H5P_DATASET_CREATE), "make dataset properties");
  H5Pset_obj_track_times(creation.get(), false);  // the same values give the same bytes tomorrow
  return creation;
}

Dataset create_dataset(const ParallelFile& file, hid_t at, const std::string& name, hid_t type, const Dataspace& space,
                       const Properties& creation = plain_storage()) {
  auto dataset = created<Dataset>(
      file, H5Dcreate2(at, name.c_str(), type, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT), name);
  file.reserve_space(dataset);
  return dataset;
}

[[noreturn]] void refuse(const ParallelFile& file, const std::string& name) {
  throw Error(ExitCode::io, file.path().string() + ": cannot write " + name + " (is the disk full?)");
}

/// Fails on all ranks where HDF5 could not write on one. Collective.
void check_written(const ParallelFile& file, const std::string& name, herr_t status) {
  parallel::together(file.comm(), [&] {
    if (status < 0) refuse(file, name);
  });
}

/// Writes `count` rows of `width` values from row `first` on. Every rank writes its own block: blocks are contiguous,
/// so there is nothing to aggregate, and a failure stays with the rank that has it instead of holding up the others.
void write_slab(const ParallelFile& file, const Dataset& dataset, const std::string& name, hid_t type,
                const void* values, std::int64_t first, std::int64_t count, std::int64_t width) {
  const Dataspace on_disk(H5Dget_space(dataset.get()), "see the shape of " + name);
  const auto offset = H5Dget_offset(dataset.get());  // undefined where there is nothing to store
  const auto row_bytes = static_cast<std::int64_t>(H5Tget_size(type)) * std::max<std::int64_t>(width, 1);
  const auto rows_a_call = std::max<std::int64_t>(1, most_bytes / row_bytes);
  parallel::together(file.comm(), [&] {
    for (std::int64_t from = 0; from < count; from += rows_a_call) {
      const auto rows = std::min(rows_a_call, count - from);
      const hsize_t start[2] = {static_cast<hsize_t>(first + from), 0};
      const hsize_t block[2] = {static_cast<hsize_t>(rows), static_cast<hsize_t>(std::max<std::int64_t>(width, 1))};
      const Dataspace in_memory(H5Screate_simple(width > 0 ? 2 : 1, block, nullptr), "describe rows of " + name);
      H5Sselect_hyperslab(on_disk.get(), H5S_SELECT_SET, start, nullptr, block, nullptr);
      const auto* const from_memory = static_cast<const char*>(values) + from * row_bytes;
      if (H5Dwrite(dataset.get(), type, in_memory.get(), on_disk.get(), H5P_DEFAULT, from_memory) < 0)
        refuse(file, name);
      file.wrote(static_cast<std::int64_t>(offset) + (first + from) * row_bytes, rows * row_bytes);
    }
  });
}

void write_attribute(const ParallelFile& file, hid_t at, const char* name, hid_t type, const Dataspace& space,
                     const void* value) {
  const auto attribute =
      created<Attribute>(file, H5Acreate2(at, name, type, space.get(), H5P_DEFAULT, H5P_DEFAULT), name);
  const auto status = H5Awrite(attribute.get(), type, value);
  parallel::together(file.comm(), [&] {
    if (status < 0) throw Error(ExitCode::io, file.path().string() + ": cannot write attribute " + name);
  });
}

}  // namespace

template <>
hid_t native_type<float>() {
  return H5T_NATIVE_FLOAT;
}
template <>
hid_t native_type<double>() {
  return H5T_NATIVE_DOUBLE;
}
template <>
hid_t native_type<std::int8_t>() {
  return H5T_NATIVE_INT8;
}
template <>
hid_t native_type<std::uint8_t>() {
  return H5T_NATIVE_UINT8;
}
template <>
hid_t native_type<std::uint16_t>() {
  return H5T_NATIVE_UINT16;
}
template <>
hid_t native_type<std::int32_t>() {
  return H5T_NATIVE_INT32;
}
template <>
hid_t native_type<std::int64_t>() {
  return H5T_NATIVE_INT64;
}

ParallelFile::ParallelFile(MPI_Comm comm, const std::filesystem::path& path) : comm_(comm), path_(path) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // errors are told by exceptions
  const Properties access(H5Pcreate(H5P_FILE_ACCESS), "make file access properties");
  H5Pset_fapl_mpio(access.get(), comm, MPI_INFO_NULL);
  H5Pset_libver_bounds(access.get(), H5F_LIBVER_EARLIEST, H5F_LIBVER_V18);
  H5Pset_coll_metadata_write(access.get(), true);
  H5Pset_all_coll_metadata_ops(access.get(), true);
  const Properties creation(H5Pcreate(H5P_FILE_CREATE), "make file creation properties");
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) != 0) return;
    unfinished_ = std::make_unique<UnfinishedFile>(path);
    unfinished_->reserve(0);
  });
  const auto id = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.get(), access.get());
  parallel::together(comm, [&] {
    if (id < 0) throw Error(ExitCode::cannot_create, path.string() + ": cannot be created");
  });
  file_ = File(id, "create " + path.string());
  parallel::together(comm, [&] {
    if (unfinished_) unfinished_->reserve_again();
    behind_ = std::make_unique<WriteBehind>(path);
  });
}

ParallelFile::~ParallelFile() {
  if (file_ && unfinished_) unfinished_->give_up();
}

void ParallelFile::reserve_space(const Dataset& dataset) const {
  const auto offset = H5Dget_offset(dataset.get());  // undefined where there is nothing to store
  const auto bytes = H5Dget_storage_size(dataset.get());
  parallel::together(comm_, [&] {
    if (unfinished_ && offset != HADDR_UNDEF) unfinished_->reserve(static_cast<std::int64_t>(offset + bytes));
  });
}

void ParallelFile::wrote(std::int64_t offset, std::int64_t bytes) const { behind_->wrote(offset, bytes); }

Group ParallelFile::group(hid_t at, const std::string& name) const {
  return created<Group>(*this, H5Gcreate2(at, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), name);
}

void ParallelFile::attribute(hid_t at, const char* name, std::string_view value) const {
  const std::string text(value);
  const char* characters = text.c_str();
  write_attribute(*this, at, name, text_type(H5T_VARIABLE, H5T_STR_NULLTERM).get(),
                  Dataspace(H5Screate(H5S_SCALAR), "make a scalar"), &characters);
}

void ParallelFile::attribute(hid_t at, const char* name, const std::vector<std::string>& values) const {
  std::vector<const char*> texts;
  for (const auto& value : values) texts.push_back(value.c_str());
  if (texts.empty()) {  // as h5py writes an empty array of strings
    write_attribute(*this, at, name, H5T_NATIVE_DOUBLE, simple_space({0}), texts.data());
    return;
  }
  write_attribute(*this, at, name, text_type(H5T_VARIABLE, H5T_STR_NULLTERM).get(), simple_space({std::ssize(texts)}),
                  texts.data());
}

void ParallelFile::attribute(hid_t at, const char* name, const std::vector<std::int64_t>& values) const {
  write_attribute(*this, at, name, H5T_NATIVE_INT64, simple_space({std::ssize(values)}), values.data());
}

void ParallelFile::attribute(hid_t at, const char* name, bool value) const {
  const std::int8_t given = value ? 1 : 0;
  write_attribute(*this, at, name, boolean_type().get(), Dataspace(H5Screate(H5S_SCALAR), "make a scalar"), &given);
}

void ParallelFile::encoding(hid_t at, const char* type, const char* version) const {
  attribute(at, "encoding-type", std::string_view(type));
  attribute(at, "encoding-version", std::string_view(version));
}

template <class T>
Dataset ParallelFile::rows(hid_t at, const std::string& name, std::span<const T> mine, std::int64_t width) const {
  const auto count = std::ssize(mine) / std::max<std::int64_t>(width, 1);
  const auto total = parallel::sum_over_ranks(comm_, count);
  const auto space = width > 0 ? simple_space({total, width}) : simple_space({total});
  auto dataset = create_dataset(*this, at, name, native_type<T>(), space);
  write_slab(*this, dataset, name, native_type<T>(), mine.data(), parallel::sum_of_lower_ranks(comm_, count), count,
             width);
  return dataset;
}

template <class T>
Dataset ParallelFile::deflated(hid_t at, const std::string& name, std::span<const T> mine) const {
  const auto n_mine = std::ssize(mine), total = parallel::sum_over_ranks(comm_, n_mine);
  if (total == 0) return rows(at, name, mine);
  const auto creation = plain_storage();
  const hsize_t chunk = static_cast<hsize_t>(std::min<std::int64_t>(total, values_a_chunk));
  H5Pset_chunk(creation.get(), 1, &chunk);
  H5Pset_shuffle(creation.get());
  H5Pset_deflate(creation.get(), deflate_level);
  const auto space = simple_space({total});
  auto dataset = create_dataset(*this, at, name, native_type<T>(), space, creation);
  const Properties transfer(H5Pcreate(H5P_DATASET_XFER), "make transfer properties");
  H5Pset_dxpl_mpio(transfer.get(), H5FD_MPIO_COLLECTIVE);  // filters know no other way
  const Dataspace here = simple_space({n_mine});
  const hsize_t start = static_cast<hsize_t>(parallel::sum_of_lower_ranks(comm_, n_mine)),
                count = static_cast<hsize_t>(n_mine);
  if (n_mine > 0)
    H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, &start, nullptr, &count, nullptr);
  else
    H5Sselect_none(space.get());
  check_written(*this, name,
                H5Dwrite(dataset.get(), native_type<T>(), here.get(), space.get(), transfer.get(), mine.data()));
  return dataset;
}

Dataset ParallelFile::flags(hid_t at, const std::string& name, std::span<const std::uint8_t> mine) const {
  const auto type = boolean_type();
  auto dataset =
      create_dataset(*this, at, name, type.get(), simple_space({parallel::sum_over_ranks(comm_, std::ssize(mine))}));
  write_slab(*this, dataset, name, type.get(), mine.data(), parallel::sum_of_lower_ranks(comm_, std::ssize(mine)),
             std::ssize(mine), 0);
  return dataset;
}

Dataset ParallelFile::texts(hid_t at, const std::string& name, const std::vector<std::string>& mine) const {
  std::int64_t longest = 1;
  for (const auto& text : mine) longest = std::max<std::int64_t>(longest, std::ssize(text));
  longest = parallel::max_over_ranks(comm_, longest);
  std::vector<char> characters(mine.size() * longest);
  for (std::size_t i = 0; i < mine.size(); ++i) std::memcpy(&characters[i * longest], mine[i].data(), mine[i].size());
  const auto type = text_type(longest, H5T_STR_NULLPAD);
  const auto total = parallel::sum_over_ranks(comm_, std::ssize(mine));
  auto dataset = create_dataset(*this, at, name, type.get(), simple_space({total}));
  write_slab(*this, dataset, name, type.get(), characters.data(), parallel::sum_of_lower_ranks(comm_, std::ssize(mine)),
             std::ssize(mine), 0);
  return dataset;
}

template <class T>
Dataset ParallelFile::replicated(hid_t at, const std::string& name, std::span<const T> values,
                                 std::int64_t width) const {
  return rows(at, name, parallel::rank_of(comm_) == 0 ? values : std::span<const T>{}, width);
}

Dataset ParallelFile::replicated_texts(hid_t at, const std::string& name,
                                       const std::vector<std::string>& values) const {
  return texts(at, name, parallel::rank_of(comm_) == 0 ? values : std::vector<std::string>{});
}

namespace {

Dataset write_scalar(const ParallelFile& file, hid_t at, const std::string& name, hid_t type, const void* value) {
  const Dataspace scalar(H5Screate(H5S_SCALAR), "make a scalar");
  auto dataset = create_dataset(file, at, name, type, scalar);
  herr_t status = 0;
  if (parallel::rank_of(file.comm()) == 0) status = H5Dwrite(dataset.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
  check_written(file, name, status);
  return dataset;
}

}  // namespace

template <class T>
Dataset ParallelFile::scalar(hid_t at, const std::string& name, T value) const {
  return write_scalar(*this, at, name, native_type<T>(), &value);
}

Dataset ParallelFile::scalar_text(hid_t at, const std::string& name, std::string_view value) const {
  std::string text(value);
  if (text.empty()) text.push_back('\0');  // HDF5 has no type of length 0; a padding null reads as no text
  return write_scalar(*this, at, name, text_type(text.size(), H5T_STR_NULLPAD).get(), text.data());
}

void ParallelFile::close() {
  const auto check = [&](herr_t status) {
    parallel::together(comm_, [&] {
      if (status < 0) throw Error(ExitCode::io, path_.string() + ": cannot be written (is the disk full?)");
    });
  };
  check(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL));
  check(H5Fclose(file_.release()));
  if (unfinished_) unfinished_->finish();
}

template <class T>
RowsInPortions<T>::RowsInPortions(const ParallelFile& file, hid_t at, const std::string& name, std::int64_t n_mine)
    : file_(file), name_(name), at_(parallel::sum_of_lower_ranks(file.comm(), n_mine)) {
  const auto total = parallel::sum_over_ranks(file.comm(), n_mine);
  dataset_ = create_dataset(file, at, name, native_type<T>(), simple_space({total}));
}

template <class T>
void RowsInPortions<T>::write(std::span<const T> portion) {
  write_slab(file_, dataset_, name_, native_type<T>(), portion.data(), at_, std::ssize(portion), 0);
  at_ += std::ssize(portion);
}

void publish(MPI_Comm comm, const std::filesystem::path& part, const std::filesystem::path& whole) {
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) != 0) return;
    if (const OpenFile file(part, O_RDONLY); !file || ::fsync(file.number()) != 0)
      throw Error(ExitCode::io, part.string() + ": cannot be flushed to the disk");
    std::error_code failure;
    std::filesystem::rename(part, whole, failure);
    if (failure) throw Error(ExitCode::io, whole.string() + ": cannot be put in place: " + failure.message());
    flush_folder(whole.parent_path());
  });
}

#define MIURA_FOR_TYPE(T)                                                                                          \
  template Dataset ParallelFile::rows<T>(hid_t, const std::string&, std::span<const T>, std::int64_t) const;       \
  template Dataset ParallelFile::deflated<T>(hid_t, const std::string&, std::span<const T>) const;                 \
  template Dataset ParallelFile::replicated<T>(hid_t, const std::string&, std::span<const T>, std::int64_t) const; \
  template Dataset ParallelFile::scalar<T>(hid_t, const std::string&, T) const;                                    \
  template class RowsInPortions<T>;
MIURA_FOR_TYPE(float)
MIURA_FOR_TYPE(double)
MIURA_FOR_TYPE(std::int8_t)
MIURA_FOR_TYPE(std::uint8_t)
MIURA_FOR_TYPE(std::uint16_t)
MIURA_FOR_TYPE(std::int32_t)
MIURA_FOR_TYPE(std::int64_t)
#undef MIURA_FOR_TYPE

}  // namespace miura::hdf5
