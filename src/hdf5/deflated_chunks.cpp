#include "hdf5/deflated_chunks.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>

#include "hdf5/filters.hpp"

namespace miura::hdf5 {

namespace {

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* d) const noexcept { libdeflate_free_decompressor(d); }
};

/// HDF5's shuffle stores the first bytes of all values, then the second bytes, and so on.
template <class Value>
void unshuffle(const std::byte* bytes, std::int64_t n, std::int64_t from, std::int64_t count, std::byte* into) {
  const auto* const plane = reinterpret_cast<const unsigned char*>(bytes) + from;
  for (std::int64_t i = 0; i < count; ++i) {
    Value value = 0;
    for (std::size_t b = 0; b < sizeof(Value); ++b)
      value = static_cast<Value>(value | static_cast<Value>(plane[static_cast<std::int64_t>(b) * n + i]) << (8 * b));
    std::memcpy(into + i * static_cast<std::int64_t>(sizeof value), &value, sizeof value);
  }
}

}  // namespace

std::optional<DeflatedChunks> DeflatedChunks::of(const Dataset& dataset) {
  const Properties creation(H5Dget_create_plist(dataset.get()), "see how a dataset is stored");
  const Datatype type(H5Dget_type(dataset.get()), "see a dataset's type");
  hsize_t chunk = 0;
  const auto kind = H5Tget_class(type.get());
  if ((kind != H5T_INTEGER && kind != H5T_FLOAT) || H5Tget_order(type.get()) != H5T_ORDER_LE ||
      H5Pget_layout(creation.get()) != H5D_CHUNKED || H5Pget_chunk(creation.get(), 1, &chunk) != 1)
    return std::nullopt;
  std::vector<H5Z_filter_t> filters;
  for (const auto& filter : filters_of(creation)) filters.push_back(filter.id);
  DeflatedChunks chunks;
  chunks.dataset_ = dataset.get();
  chunks.chunk_values_ = static_cast<std::int64_t>(chunk);
  chunks.value_bytes_ = static_cast<std::int64_t>(H5Tget_size(type.get()));
  chunks.shuffled_ = filters == std::vector<H5Z_filter_t>{H5Z_FILTER_SHUFFLE, H5Z_FILTER_DEFLATE};
  const bool known_width =
      chunks.value_bytes_ == 1 || chunks.value_bytes_ == 2 || chunks.value_bytes_ == 4 || chunks.value_bytes_ == 8;
  if (!known_width || (!chunks.shuffled_ && filters != std::vector<H5Z_filter_t>{H5Z_FILTER_DEFLATE}))
    return std::nullopt;
  return chunks;
}

bool DeflatedChunks::read_packed(std::int64_t chunk, std::vector<std::byte>& packed) const {
  const auto offset = static_cast<hsize_t>(chunk * chunk_values_);
  hsize_t n_bytes = 0;
  if (H5Dget_chunk_storage_size(dataset_, &offset, &n_bytes) < 0 || n_bytes == 0) return false;
  packed.resize(n_bytes);
  std::uint32_t filters_left_out = 0;
  return H5Dread_chunk(dataset_, H5P_DEFAULT, &offset, &filters_left_out, packed.data()) >= 0 && filters_left_out == 0;
}

bool DeflatedChunks::inflate(std::span<const std::byte> packed, std::vector<std::byte>& bytes) const {
  thread_local const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(
      libdeflate_alloc_decompressor());
  bytes.resize(static_cast<std::size_t>(chunk_values_ * value_bytes_));
  return libdeflate_zlib_decompress(decompressor.get(), packed.data(), packed.size(), bytes.data(), bytes.size(),
                                    nullptr) == LIBDEFLATE_SUCCESS;
}

void DeflatedChunks::take(std::span<const std::byte> bytes, std::int64_t from, std::int64_t count,
                          std::byte* into) const {
  if (!shuffled_ || value_bytes_ == 1)
    std::memcpy(into, bytes.data() + from * value_bytes_, static_cast<std::size_t>(count * value_bytes_));
  else if (value_bytes_ == 2)
    unshuffle<std::uint16_t>(bytes.data(), chunk_values_, from, count, into);
  else if (value_bytes_ == 4)
    unshuffle<std::uint32_t>(bytes.data(), chunk_values_, from, count, into);
  else
    unshuffle<std::uint64_t>(bytes.data(), chunk_values_, from, count, into);
}

bool DeflatedChunks::take_narrowed(std::span<const std::byte> bytes, std::int64_t from, std::int64_t count,
                                   std::int32_t* into) const {
  if (!shuffled_) {
    bool fit = true;
    for (std::int64_t i = 0; i < count; ++i) {
      std::int64_t value = 0;
      std::memcpy(&value, bytes.data() + (from + i) * 8, sizeof value);
      into[i] = static_cast<std::int32_t>(value);
      fit &= value >= 0 && value == into[i];
    }
    return fit;
  }
  unshuffle<std::uint32_t>(bytes.data(), chunk_values_, from, count, reinterpret_cast<std::byte*>(into));
  const auto has_bits = [&](std::int64_t plane, unsigned mask) {  // in these bytes of the values
    unsigned bits = 0;
    for (const auto byte : bytes.subspan(plane * chunk_values_ + from, count)) bits |= std::to_integer<unsigned>(byte);
    return (bits & mask) != 0;
  };
  return !has_bits(3, 0x80) && !has_bits(4, 0xFF) && !has_bits(5, 0xFF) && !has_bits(6, 0xFF) && !has_bits(7, 0xFF);
}

bool DeflatedChunks::read(std::int64_t first, std::int64_t count, std::byte* into) {
  return for_each_chunk(first, count, [&](auto bytes, std::int64_t from, std::int64_t n, std::int64_t at) {
    take(bytes, from, n, into + at * value_bytes_);
    return true;
  });
}

bool DeflatedChunks::read_narrowed(std::int64_t first, std::int64_t count, std::int32_t* into) {
  return for_each_chunk(first, count, [&](auto bytes, std::int64_t from, std::int64_t n, std::int64_t at) {
    return take_narrowed(bytes, from, n, into + at);
  });
}

template <class Use>
bool DeflatedChunks::for_each_chunk(std::int64_t first, std::int64_t count, Use&& use) {
  if (count == 0) return true;
  const auto first_chunk = first / chunk_values_, n_chunks = (first + count - 1) / chunk_values_ - first_chunk + 1;
  std::vector<std::vector<std::byte>> packed(static_cast<std::size_t>(n_chunks));
  for (std::int64_t c = 0; c < n_chunks; ++c)
    if (first_chunk + c != last_chunk_ && !read_packed(first_chunk + c, packed[c])) return false;

  std::atomic<bool> whole = true;
  std::vector<std::byte> bytes_of_last;
#pragma omp parallel
  {
    std::vector<std::byte> bytes;
#pragma omp for schedule(dynamic)
    for (std::int64_t c = 0; c < n_chunks; ++c) {
      const bool is_known = packed[c].empty();
      if (!is_known && !inflate(packed[c], bytes)) {
        whole = false;
        continue;
      }
      const auto chunk_begin = (first_chunk + c) * chunk_values_;
      const auto from = std::max(first, chunk_begin), to = std::min(first + count, chunk_begin + chunk_values_);
      if (!use(std::span<const std::byte>(is_known ? last_bytes_ : bytes), from - chunk_begin, to - from, from - first))
        whole = false;
      if (c == n_chunks - 1 && !is_known) bytes_of_last.swap(bytes);
    }
  }
  if (!whole) return false;
  if (!bytes_of_last.empty()) {
    last_bytes_.swap(bytes_of_last);
    last_chunk_ = first_chunk + n_chunks - 1;
  }
  return true;
}

}  // namespace miura::hdf5
