#include "miura/report/text_table.hpp"

#include <gtest/gtest.h>
#include <libdeflate.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <random>

#include "miura/base/error.hpp"

namespace {

using namespace miura;
using namespace miura::report;
namespace fs = std::filesystem;

class Tables : public testing::Test {
protected:
  Tables() { fs::create_directories(folder); }
  ~Tables() override { fs::remove_all(folder); }
  fs::path folder = fs::temp_directory_path() / ("miura_text_table_" + std::to_string(::getpid()));
};

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// All members, one after the other, as gzip does.
std::string unpacked(const std::string& packed) {
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> d(
      libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  std::string text, member(2 << 20, '\0');
  for (std::size_t at = 0; at < packed.size();) {
    std::size_t taken = 0, made = 0;
    if (libdeflate_gzip_decompress_ex(d.get(), packed.data() + at, packed.size() - at, member.data(), member.size(),
                                      &taken, &made) != LIBDEFLATE_SUCCESS)
      return "not gzip";
    text.append(member, 0, made);
    at += taken;
  }
  return text;
}

template <class T>
std::string cell(T value) {
  std::string text;
  append_cell(text, value);
  return text;
}

TEST(Cell, OfADoubleReadsBackToTheSameBits) {
  std::mt19937_64 engine(3);
  for (int i = 0; i < 100'000; ++i) {
    const auto value = std::bit_cast<double>(engine());
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(std::strtod(cell(value).c_str(), nullptr)),
              std::bit_cast<std::uint64_t>(value));
  }
}

TEST(Cell, IsShortAndPlain) {
  EXPECT_EQ(cell(0.1), "0.1");
  EXPECT_EQ(cell(0.1F), "0.1");
  EXPECT_EQ(cell(1.0), "1");
  EXPECT_EQ(cell(1e-300), "1e-300");
  EXPECT_EQ(cell(std::int64_t{-9'000'000'000}), "-9000000000");
  EXPECT_EQ(cell(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(cell(-std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(cell(-std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_EQ(cell("a\tb\r\nc µ"), "a b  c µ");
}

TEST_F(Tables, AreTabSeparatedWithOneHeader) {
  TextTable table(folder / "lots.tsv", {"lot", "cells", "share"});
  table.add("BM01", 12, 0.25);
  std::string lines;
  append_line(lines, std::string("BM02"), std::int64_t{0}, std::numeric_limits<double>::quiet_NaN());
  table.add_lines(lines);
  table.publish();
  EXPECT_EQ(content(folder / "lots.tsv"), "lot\tcells\tshare\nBM01\t12\t0.25\nBM02\t0\tNaN\n");
}

TEST_F(Tables, RefuseARowOfAnotherWidth) {
  TextTable table(folder / "lots.tsv", {"lot", "cells"});
  EXPECT_THROW(table.add("BM01"), std::logic_error);
  EXPECT_THROW(table.add("BM01", 1, 2), std::logic_error);
}

TEST_F(Tables, AppearOnlyWhenPublishedAndLeaveNothingOtherwise) {
  write_whole_file(folder / "lots.tsv", "older\n");
  {
    TextTable table(folder / "lots.tsv", {"lot"});
    table.add("BM01");
    EXPECT_EQ(content(folder / "lots.tsv"), "older\n");
  }
  EXPECT_EQ(content(folder / "lots.tsv"), "older\n");
  EXPECT_FALSE(fs::exists(folder / "lots.tsv.part"));
  TextTable table(folder / "lots.tsv", {"lot"});
  table.publish();
  EXPECT_EQ(content(folder / "lots.tsv"), "lot\n");
  EXPECT_FALSE(fs::exists(folder / "lots.tsv.part"));
}

TEST_F(Tables, PackedHaveTheSameBytesHoweverTheyWereCut) {
  std::string lines;
  for (int i = 0; i < 200'000; ++i) append_line(lines, "AAACCTGAGAAACCAT-" + std::to_string(i), i, 0.001 * i);
  ASSERT_GT(lines.size(), std::size_t{3} << 20);  // several members
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{1} << 20, lines.size()}) {
    TextTable table(folder / (std::to_string(piece) + ".tsv.gz"), {"barcode", "i", "x"});
    for (std::size_t at = 0; at < lines.size(); at += piece) table.add_lines(std::string_view(lines).substr(at, piece));
    table.publish();
  }
  const auto packed = content(folder / "1000.tsv.gz");
  EXPECT_EQ(unpacked(packed), "barcode\ti\tx\n" + lines);
  EXPECT_EQ(packed, content(folder / (std::to_string(std::size_t{1} << 20) + ".tsv.gz")));
  EXPECT_EQ(packed, content(folder / (std::to_string(lines.size()) + ".tsv.gz")));
  EXPECT_EQ(packed.substr(4, 4), std::string(4, '\0'));  // RFC 1952: MTIME 0, no time stamp
}

TEST_F(Tables, PackedWithoutAnyBytesAreStillGzip) {
  write_whole_file(folder / "nothing.gz", "", Packing::gzip);
  EXPECT_GT(fs::file_size(folder / "nothing.gz"), 0u);
  EXPECT_EQ(unpacked(content(folder / "nothing.gz")), "");
}

ExitCode code_of_writing(const fs::path& path, std::string& line) {
  try {
    write_whole_file(path, std::string(3 << 20, 'x'));
  } catch (const Error& error) {
    line = error.what();
    return error.code();
  }
  return ExitCode::done;
}

TEST_F(Tables, TellTheDigestOfTheirBytesBeforeTheyHaveTheirName) {
  for (const auto packing : {Packing::plain, Packing::gzip}) {
    WholeFile file(folder / "lots", packing);
    for (int i = 0; i < 400'000; ++i) file.write("lot\t1\n");
    const auto digest = file.digest();
    EXPECT_FALSE(fs::exists(folder / "lots"));
    file.publish();
    EXPECT_EQ(digest, miura::sha256_of_file(folder / "lots"));
    fs::remove(folder / "lots");
  }
}

TEST_F(Tables, NameTheFileThatCannotBeCreated) {
  std::string line;
  EXPECT_EQ(code_of_writing(folder / "absent" / "lots.tsv", line), ExitCode::cannot_create);
  EXPECT_EQ(line, (folder / "absent" / "lots.tsv").string() + ": cannot be created: No such file or directory");
}

TEST_F(Tables, NameTheFileThatDoesNotFitOnTheDiskAndKeepTheOlderOne) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full on this system";
  write_whole_file(folder / "lots.tsv", "older\n");
  fs::create_symlink("/dev/full", folder / "lots.tsv.part");
  std::string line;
  EXPECT_EQ(code_of_writing(folder / "lots.tsv", line), ExitCode::io);
  EXPECT_EQ(line, (folder / "lots.tsv").string() + ": cannot be written: No space left on device");
  EXPECT_EQ(content(folder / "lots.tsv"), "older\n");
}

TEST_F(Tables, NameTheFileThatCannotTakeItsName) {
  fs::create_directories(folder / "lots.tsv" / "occupied");
  std::string line;
  EXPECT_EQ(code_of_writing(folder / "lots.tsv", line), ExitCode::io);
  EXPECT_NE(line.find("lots.tsv: cannot be renamed"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder / "lots.tsv.part"));
}

}  // namespace
