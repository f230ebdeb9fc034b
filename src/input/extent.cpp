#include "miura/input/extent.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "input/count_file.hpp"
#include "miura/base/error.hpp"

namespace miura::input {

namespace {

/// The lines of a file, plain or gzip, from its beginning: what a scanner of whole files need not unpack.
class FirstLines {
public:
  explicit FirstLines(const Where& where) : where_(where), file_(gzopen(where.file.c_str(), "rb"), gzclose) {
    if (!file_) throw NotFoundError(where);
  }

  /// Without its line end; nothing at the end of the file.
  std::optional<std::string> next() {
    std::string line;
    std::array<char, 1 << 16> piece{};
    while (gzgets(file_.get(), piece.data(), static_cast<int>(piece.size())) != nullptr) {
      line += piece.data();
      if (line.ends_with('\n')) {
        line.pop_back();
        return line;
      }
    }
    int failure = Z_OK;
    gzerror(file_.get(), &failure);
    if (failure != Z_OK) throw InputError(where_, "its gzip data is damaged or cut off");
    return line.empty() ? std::nullopt : std::optional(line);
  }

  /// Bytes of the file, packed or not, that have been used so far; ahead of the lines by some kB.
  std::int64_t bytes_used() const { return gzoffset(file_.get()); }

private:
  Where where_;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
};

LotExtent mtx_extent(const Where& where) {
  FirstLines lines(where);
  auto line = lines.next();
  if (!line || !line->starts_with('%')) throw InputError(where, "is not a Matrix Market file");
  while (line && (line->starts_with('%') || line->find_first_not_of(" \t\r") == std::string::npos)) line = lines.next();
  std::array<std::int64_t, 3> number{};
  const char* at = line ? line->data() : nullptr;
  for (auto& n : number) {
    const char* const end = line ? line->data() + line->size() : nullptr;
    while (at != end && (*at == ' ' || *at == '\t')) ++at;
    const auto [after, failure] = std::from_chars(at, end, n);
    if (failure != std::errc() || n < 0)
      throw InputError(where, "its header does not tell features, cells and entries");
    at = after;
  }
  return {.cells = number[1], .features = number[0], .entries = number[2]};
}

LotExtent table_extent(const Where& where, std::int64_t bytes) {
  constexpr int lines_looked_at = 200;
  FirstLines lines(where);
  const auto header = lines.next();
  if (!header) throw InputError(where, "is empty");
  LotExtent extent;
  extent.features = std::ranges::count_if(*header, [](char c) { return c == ',' || c == '\t' || c == ';'; });
  std::int64_t seen = 0;
  while (seen < lines_looked_at && lines.next()) ++seen;
  const auto used = std::max<std::int64_t>(1, lines.bytes_used());
  extent.cells = seen < lines_looked_at ? seen : std::max(seen, seen * bytes / used);
  extent.entries = extent.cells * extent.features;
  return extent;
}

LotExtent extent_of(const CountFile& file, const matrix::Lots& lots, const CellsOptions& options) {
  const Where where{file.matrix, 0, "", lots[file.lots[0]].id};
  switch (file.format) {
    case CountFile::Format::mtx:
      return mtx_extent(where);
    case CountFile::Format::hdf5:
      return read_hdf5_extent(file, lots, options);
    case CountFile::Format::table:
      break;
  }
  return table_extent(where, file.bytes);
}

}  // namespace

std::vector<LotExtent> extents(const matrix::Lots& lots, const CellsOptions& options) {
  std::vector<LotExtent> all(lots.size());
  for (const auto& file : locate_all(lots, options)) {
    const auto whole = extent_of(file, lots, options);
    const auto n_lots = std::ssize(file.lots);
    for (const auto lot : file.lots)
      all[lot] = {.cells = whole.cells / n_lots,
                  .features = whole.features,
                  .entries = whole.entries / n_lots,
                  .bytes = file.bytes / n_lots};
  }
  return all;
}

std::vector<int> readers(std::span<const std::int64_t> bytes, int ranks) {
  std::int64_t total = 0, before = 0;
  for (const auto b : bytes) total += b + 1;  // one more, so that empty files are dealt out too
  std::vector<int> reader;
  for (const auto b : bytes) {
    const auto middle = static_cast<double>(before) + static_cast<double>(b + 1) / 2;
    reader.push_back(static_cast<int>(middle / static_cast<double>(total) * ranks));
    before += b + 1;
  }
  return reader;
}

}  // namespace miura::input
