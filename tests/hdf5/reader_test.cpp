#include "miura/hdf5/reader.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <numeric>
#include <type_traits>

#include "hdf5/deflated_chunks.hpp"
#include "hdf5/lzf.hpp"
#include "miura/hdf5/writer.hpp"
#include "support/hdf5_files.hpp"

namespace {

using namespace miura;
using Bytes = std::vector<unsigned char>;

std::optional<Bytes> unpacked(const Bytes& packed, std::size_t room) {
  Bytes out(room);
  const auto n = hdf5::unpack_lzf(packed, out);
  if (!n) return std::nullopt;
  out.resize(*n);
  return out;
}

TEST(UnpackLzf, CopiesLiteralsAndWhatWasThereBefore) {
  EXPECT_EQ(unpacked({2, 'a', 'b', 'c'}, 10), (Bytes{'a', 'b', 'c'}));
  EXPECT_EQ(unpacked({1, 'a', 'b', 2 << 5, 1}, 10),
            (Bytes{'a', 'b', 'a', 'b', 'a', 'b'}));                 // 4 bytes from 2 back: it overlaps
  EXPECT_EQ(unpacked({0, 'z', 7 << 5, 3, 0}, 20), Bytes(13, 'z'));  // long form: 7 + 3 + 2
}

TEST(UnpackLzf, StaysWithinItsBounds) {
  EXPECT_EQ(unpacked({2, 'a', 'b', 'c'}, 2), std::nullopt);  // no room
  EXPECT_EQ(unpacked({0, 'z', 7 << 5, 3, 0}, 5), std::nullopt);
  EXPECT_EQ(unpacked({5, 'a'}, 10), Bytes{});             // literals are cut off
  EXPECT_EQ(unpacked({0, 'a', 1 << 5, 1}, 10), Bytes{});  // refers to before the start
  EXPECT_EQ(unpacked({0, 'a', 7 << 5}, 10), Bytes{});     // length is cut off
  EXPECT_EQ(unpacked({0, 'a', 1 << 5}, 10), Bytes{});     // distance is cut off
}

class StoredArrays : public testing::Test {
protected:
  void SetUp() override { std::filesystem::remove(path); }
  void TearDown() override { std::filesystem::remove(path); }
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("miura_reader_" + std::to_string(getpid()) + ".h5");
};

TEST_F(StoredArrays, AreReadBySlabsAndConverted) {
  {
    const test::Hdf5File file(path);
    std::vector<double> values(12);
    std::iota(values.begin(), values.end(), 0.0);
    file.array("a/b/matrix", values, {4, 3});
    file.array("a/b/bytes", std::vector<std::int8_t>{1, -1, 7});
    file.array("none", std::vector<float>{}, {0});
    file.attribute("a/b/matrix", "says", "hello");
    file.attribute("a/b", "shape", std::vector<std::int64_t>{4, 3});
  }
  const auto file = hdf5::open_to_read(path);
  const hdf5::StoredArray matrix(file.get(), "a/b/matrix");
  EXPECT_EQ(matrix.shape(), (std::vector<std::int64_t>{4, 3}));
  EXPECT_EQ(matrix.kind(), hdf5::Kind::real);
  std::vector<std::int32_t> rows(6);
  matrix.read_rows<std::int32_t>(1, 2, rows);
  EXPECT_EQ(rows, (std::vector<std::int32_t>{3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(hdf5::StoredArray(file.get(), "a/b/bytes").read<std::int64_t>(), (std::vector<std::int64_t>{1, -1, 7}));
  EXPECT_TRUE(hdf5::StoredArray(file.get(), "none").read<float>().empty());
  EXPECT_EQ(hdf5::text_attribute(file.get(), "a/b/matrix", "says"), "hello");
  EXPECT_EQ(hdf5::text_attribute(file.get(), "a/b/matrix", "is silent"), "");
  EXPECT_EQ(hdf5::integer_attribute(file.get(), "a/b", "shape"), (std::vector<std::int64_t>{4, 3}));
  EXPECT_EQ(hdf5::names_in(file.get(), "a/b"), (std::vector<std::string>{"bytes", "matrix"}));
  EXPECT_TRUE(hdf5::exists(file.get(), "a/b/matrix"));
  EXPECT_FALSE(hdf5::exists(file.get(), "a/c/matrix"));
  EXPECT_TRUE(hdf5::is_group(file.get(), "a/b"));
  EXPECT_FALSE(hdf5::is_group(file.get(), "none"));
  EXPECT_EQ(hdf5::file_of(file.get()), path);
}

TEST_F(StoredArrays, HoldTextsOfFixedAndVariableLength) {
  {
    const test::Hdf5File file(path);
    file.texts("fixed", {"a", "", "日本"});
    const hdf5::Datatype type(H5Tcopy(H5T_C_S1), "make a text type");
    H5Tset_size(type.get(), H5T_VARIABLE);
    const char* const words[] = {"one", "", "three"};
    file.raw("variable", type.get(), words, {3});
  }
  const auto file = hdf5::open_to_read(path);
  EXPECT_EQ(hdf5::StoredArray(file.get(), "fixed").read_texts(), (std::vector<std::string>{"a", "", "日本"}));
  EXPECT_EQ(hdf5::StoredArray(file.get(), "variable").read_texts(), (std::vector<std::string>{"one", "", "three"}));
}

TEST_F(StoredArrays, OfCompoundsAreReadByField) {
  struct Row {
    std::int32_t number;
    double value;
  };
  {
    const test::Hdf5File file(path);
    const hdf5::Datatype type(H5Tcreate(H5T_COMPOUND, sizeof(Row)), "make a compound");
    H5Tinsert(type.get(), "number", HOFFSET(Row, number), H5T_NATIVE_INT32);
    H5Tinsert(type.get(), "value", HOFFSET(Row, value), H5T_NATIVE_DOUBLE);
    const Row rows[] = {{1, 0.5}, {2, 1.5}};
    file.raw("rows", type.get(), rows, {2});
  }
  const auto file = hdf5::open_to_read(path);
  EXPECT_EQ(hdf5::StoredArray(file.get(), "rows").fields(), (std::vector<std::string>{"number", "value"}));
  EXPECT_EQ(hdf5::StoredArray(file.get(), "rows", "value").read<double>(), (std::vector<double>{0.5, 1.5}));
  EXPECT_THROW(hdf5::StoredArray(file.get(), "rows", "gone"), InputError);
}

TEST_F(StoredArrays, RefuseWhatTheyDoNotHold) {
  { test::Hdf5File(path).texts("words", {"a"}); }
  const auto file = hdf5::open_to_read(path);
  EXPECT_THROW(hdf5::StoredArray(file.get(), "words").read<double>(), InputError);
  EXPECT_THROW(hdf5::StoredArray(file.get(), "gone"), InputError);
  EXPECT_THROW(hdf5::open_group(file.get(), "words"), InputError);
  EXPECT_THROW(hdf5::open_to_read("/no/such/file.h5"), NotFoundError);
}

/// A dataset of `chunk` values a chunk, with the filters that are asked for.
template <class T>
void write_chunked(const std::filesystem::path& path, const std::vector<T>& values, hsize_t chunk, bool shuffle,
                   bool deflate) {
  const hdf5::File file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), "create");
  const hdf5::Properties creation(H5Pcreate(H5P_DATASET_CREATE), "make properties");
  H5Pset_chunk(creation.get(), 1, &chunk);
  if (shuffle) H5Pset_shuffle(creation.get());
  if (deflate) H5Pset_deflate(creation.get(), 6);
  const hsize_t n = values.size();
  const hdf5::Dataspace space(H5Screate_simple(1, &n, nullptr), "describe");
  const hdf5::Dataset dataset(
      H5Dcreate2(file.get(), "values", hdf5::native_type<T>(), space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
      "create");
  ASSERT_GE(H5Dwrite(dataset.get(), hdf5::native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
}

template <class T>
class DeflatedArrays : public StoredArrays {};
using Stored = testing::Types<std::int8_t, std::uint16_t, std::int32_t, std::int64_t, float, double>;
TYPED_TEST_SUITE(DeflatedArrays, Stored);

TYPED_TEST(DeflatedArrays, GiveEverySlabInEveryType) {
  std::vector<TypeParam> values(1000);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<TypeParam>(static_cast<int>(i * i % 251) - (std::is_signed_v<TypeParam> ? 125 : 0));
  for (const bool shuffle : {false, true})
    for (const hsize_t chunk : {1, 7, 64, 600, 1000}) {
      write_chunked(this->path, values, chunk, shuffle, true);
      const auto file = hdf5::open_to_read(this->path);
      const hdf5::StoredArray array(file.get(), "values");
      ASSERT_TRUE(hdf5::DeflatedChunks::of(hdf5::Dataset(H5Dopen2(file.get(), "values", H5P_DEFAULT), "open")));
      const auto expect_slab = [&]<class T>(T, std::int64_t first, std::int64_t count) {
        std::vector<T> slab(count), expected(values.begin() + first, values.begin() + first + count);
        array.template read_rows<T>(first, count, slab);
        EXPECT_EQ(slab, expected) << "chunk " << chunk << ", " << count << " values from " << first;
      };
      for (std::int64_t first = 0; first < 1000; first += 90)  // one after the other, as counts are read
        expect_slab(double{}, first, std::min<std::int64_t>(90, 1000 - first));
      for (const auto first : {999, 0, 500, 63}) {
        expect_slab(std::int64_t{}, first, 1);
        expect_slab(std::int32_t{}, first, 1000 - first);
        expect_slab(float{}, first, 0);
      }
    }
}

TEST_F(StoredArrays, OfLongIntegersAreReadAsShortOnesAsHdf5Would) {
  std::vector<std::int64_t> values(1000);
  for (std::int64_t i = 0; i < 1000; ++i) values[i] = i * 2'147'483;
  const std::vector<std::int32_t> fitting(values.begin(), values.end());
  for (const bool shuffle : {false, true}) {
    write_chunked(path, values, 64, shuffle, true);
    const auto file = hdf5::open_to_read(path);
    EXPECT_EQ(hdf5::StoredArray(file.get(), "values").read<std::int32_t>(), fitting);
    for (const int bit : {31, 32, 40, 48, 56, 63}) {
      auto some_too_large = values;
      some_too_large[700] |= std::int64_t(std::uint64_t{1} << bit);
      write_chunked(path.string() + "_large", some_too_large, 64, shuffle, true);
      const auto large = hdf5::open_to_read(path.string() + "_large");
      auto expected = fitting;
      expected[700] = bit == 63 ? std::numeric_limits<std::int32_t>::min() : std::numeric_limits<std::int32_t>::max();
      EXPECT_EQ(hdf5::StoredArray(large.get(), "values").read<std::int32_t>(), expected) << "bit " << bit;
      std::filesystem::remove(path.string() + "_large");
    }
  }
}

TEST_F(StoredArrays, OfChunksThatAreDamagedAreRefused) {
  std::vector<std::int32_t> values(100'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int32_t>(i * 2654435761U >> 7);
  write_chunked(path, values, 10'000, true, true);
  {  // the middle of the file is the middle of a chunk
    std::fstream bytes(path, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(std::filesystem::file_size(path) / 2));
    bytes.write("0123456789", 10);
  }
  const auto file = hdf5::open_to_read(path);
  EXPECT_THROW(hdf5::StoredArray(file.get(), "values").read<std::int32_t>(), InputError);
}

TEST_F(StoredArrays, OfChunksThatNobodyWroteHoldWhatFillsThem) {
  {
    const hdf5::File file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), "create");
    const hdf5::Properties creation(H5Pcreate(H5P_DATASET_CREATE), "make properties");
    const hsize_t n = 100, chunk = 10;
    const std::int32_t seven = 7;
    H5Pset_chunk(creation.get(), 1, &chunk);
    H5Pset_deflate(creation.get(), 6);
    H5Pset_fill_value(creation.get(), H5T_NATIVE_INT32, &seven);
    const hdf5::Dataspace space(H5Screate_simple(1, &n, nullptr), "describe");
    const hdf5::Dataset dataset(
        H5Dcreate2(file.get(), "values", H5T_NATIVE_INT32, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
        "create");
  }
  const auto file = hdf5::open_to_read(path);
  EXPECT_EQ(hdf5::StoredArray(file.get(), "values").read<std::int32_t>(), std::vector<std::int32_t>(100, 7));
}

TEST_F(StoredArrays, OfOtherChunksAreLeftToHdf5) {
  const std::vector<std::int32_t> values{1, 2, 3, 4, 5};
  write_chunked(path, values, 2, true, false);
  const auto file = hdf5::open_to_read(path);
  EXPECT_FALSE(hdf5::DeflatedChunks::of(hdf5::Dataset(H5Dopen2(file.get(), "values", H5P_DEFAULT), "open")));
  EXPECT_EQ(hdf5::StoredArray(file.get(), "values").read<std::int32_t>(), values);
}

TEST(StoredArray, WrittenByH5pyWithLzfIsRead) {
  const auto file = hdf5::open_to_read(std::filesystem::path(MIURA_TEST_DATA) / "readers/anndata/v0.7.0.h5ad");
  const auto counts = hdf5::StoredArray(file.get(), "X/data").read<double>();
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0.0), 285.0);  // as anndata reads it
  EXPECT_EQ(hdf5::StoredArray(file.get(), "obs/_index").read_texts()[29], "cell29");
}

}  // namespace
