#include "miura/input/cells.hpp"

#include <algorithm>
#include <map>
#include <span>

#include "input/count_file.hpp"
#include "input/feature_join.hpp"
#include "miura/base/log.hpp"
#include "miura/input/extent.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::input {

namespace {

/// Pooled files in as many parts as there are ranks to read them, each with some of the lots, so that no rank holds
/// all.
std::vector<CountFile> in_parts(std::vector<CountFile> files, int ranks) {
  std::vector<CountFile> parts;
  for (auto& file : files) {
    const auto n_lots = std::ssize(file.lots);
    const auto n_parts = std::min<std::ptrdiff_t>(n_lots, ranks);
    for (std::ptrdiff_t p = 0; p < n_parts; ++p) {
      auto part = file;
      part.lots.assign(file.lots.begin() + n_lots * p / n_parts, file.lots.begin() + n_lots * (p + 1) / n_parts);
      part.bytes = file.bytes / n_parts;
      parts.push_back(std::move(part));
    }
  }
  return parts;
}

/// Whether the study is one of tables. A mixture has no common columns.
bool all_are_tables(const std::vector<CountFile>& files, const matrix::Lots& lots) {
  const auto is_table = [](const CountFile& file) { return file.format == CountFile::Format::table; };
  const auto other = std::ranges::find_if(files, [&](const CountFile& f) { return is_table(f) != is_table(files[0]); });
  if (other != files.end())
    throw InputError({other->matrix, 0, "", lots[other->lots[0]].id},
                     std::string("is a ") + (is_table(*other) ? "table" : "file of counts") + ", lot " +
                         lots[files[0].lots[0]].id + " is not: a study is one or the other");
  return is_table(files[0]);
}

struct ReadFeatures {
  FeatureTable table;
  bool from_raw = false;
};

/// Reads from a file by `read`; what goes wrong is said to be of the file's lot, or of its first.
template <class Read>
auto of_its_lot(const CountFile& file, const matrix::Lots& lots, Read&& read) {
  try {
    return read();
  } catch (const InputError& e) {
    throw e.of_lot(lots[file.lots[0]].id);
  }
}

ReadFeatures read_features(const CountFile& file, const matrix::Lots& lots, const CellsOptions& options) {
  ReadFeatures read;
  switch (file.format) {
    case CountFile::Format::mtx:
      read.table = read_mtx_features(file, lots);
      break;
    case CountFile::Format::hdf5:
      read.table = read_hdf5_features(file, lots, options, read.from_raw);
      break;
    case CountFile::Format::table:
      read.table = read_table_features(file, lots);
      break;
  }
  return read;
}

std::vector<matrix::CellBlock> read_blocks(const CountFile& file, const matrix::Lots& lots, const CellsOptions& options,
                                           const JoinedColumns& columns) {
  switch (file.format) {
    case CountFile::Format::mtx:
      return read_mtx(file, lots, columns);
    case CountFile::Format::hdf5:
      return read_hdf5(file, lots, options, columns);
    case CountFile::Format::table:
      break;
  }
  return read_table(file, lots, columns);
}

/// Digests of the lots' tables, known to their readers, made known to all.
void replicate(MPI_Comm comm, std::vector<std::string>& digest) {
  std::vector<std::int32_t> lot;
  std::vector<std::string> known;
  for (std::int32_t l = 0; l < std::ssize(digest); ++l)
    if (!digest[l].empty()) {
      lot.push_back(l);
      known.push_back(digest[l]);
    }
  lot = parallel::gather_everywhere<std::int32_t>(comm, lot);
  known = parallel::gather_everywhere(comm, known);
  for (std::size_t i = 0; i < lot.size(); ++i) digest[lot[i]] = std::move(known[i]);
}

/// Each rank fills in the lots that it has read; the sum is the whole.
void replicate(MPI_Comm comm, std::vector<LotReport>& report) {
  std::vector<std::int64_t> numbers;
  for (const auto& lot : report)
    numbers.insert(numbers.end(), {lot.cells_read, lot.features_in_file, lot.features_of_other_type,
                                   lot.features_dropped, lot.from_raw ? 1 : 0});
  parallel::sum_over_ranks(comm, numbers);
  for (std::size_t l = 0; l < report.size(); ++l) {
    const auto* const n = &numbers[5 * l];
    report[l] = {n[0], static_cast<std::int32_t>(n[1]), static_cast<std::int32_t>(n[2]),
                 static_cast<std::int32_t>(n[3]), n[4] != 0};
  }
}

/// The feature tables of this rank's files, and what to report of their lots.
struct MyTables {
  TablesByDigest tables;
  std::vector<std::string> digest;  ///< of each lot's table; empty for the lots of other ranks
};

MyTables read_tables(std::span<const CountFile> mine, const matrix::Lots& lots, const CellsOptions& options,
                     std::vector<LotReport>& report) {
  MyTables read{{}, std::vector<std::string>(lots.size())};
  FeatureTable last;  // most files have the same as the one before
  std::string digest;
  for (const auto& file : mine) {
    auto [table, from_raw] = of_its_lot(file, lots, [&] { return read_features(file, lots, options); });
    if (digest.empty() || table != last) {
      auto features = wanted_features(table, options, {file.matrix, 0, "", lots[file.lots[0]].id});
      digest = digest_of(features);
      read.tables.emplace(digest, std::move(features));
      last = std::move(table);
    }
    const auto& features = read.tables.at(digest);
    for (const auto l : file.lots) {
      read.digest[l] = digest;
      report[l].features_in_file = features.n_features();
      report[l].features_of_other_type = features.n_features() - features.n_wanted();
      report[l].from_raw = from_raw;
    }
  }
  return read;
}

/// What the files of lots that do not join lack of the study's features. A table lacks nothing: a feature that it has
/// not is not 0. Collective.
std::vector<std::vector<std::int32_t>> missing_columns(MPI_Comm comm, std::span<const CountFile> mine,
                                                       const matrix::Lots& lots, const MyTables& my,
                                                       const FeatureJoin& join, std::span<const std::uint8_t> joins,
                                                       bool is_table) {
  std::vector<std::int32_t> found;  // lot, column, lot, column ...
  parallel::together(comm, [&] {
    for (const auto& file : mine) {
      const auto lot = file.lots[0];
      std::vector<std::uint8_t> present(join.n_columns());
      for (const auto column : join.columns_of(my.tables.at(my.digest[lot])))
        if (column >= 0) present[column] = 1;
      const auto n_present = std::ranges::count(present, 1);
      const bool all = std::ranges::all_of(file.lots, [&](auto l) { return joins[l] != 0; });
      if (!all && (n_present == 0 || (is_table && n_present < join.n_columns())))
        throw InputError({file.matrix, 0, "", lots[lot].id},
                         n_present == 0
                             ? "has none of the features of the reference"
                             : "lacks " + join.features().symbol[std::ranges::find(present, 0) - present.begin()] +
                                   ", a feature of the reference");
      for (const auto l : file.lots)
        for (std::int32_t j = 0; !joins[l] && j < join.n_columns(); ++j)
          if (!present[j]) found.insert(found.end(), {l, j});
    }
  });
  found = parallel::gather_everywhere<std::int32_t>(comm, found);
  std::vector<std::vector<std::int32_t>> missing(lots.size());
  for (std::size_t i = 0; i < found.size(); i += 2) missing[found[i]].push_back(found[i + 1]);
  return missing;
}

std::vector<matrix::CellBlock> read_counts(std::span<const CountFile> mine, const matrix::Lots& lots,
                                           const CellsOptions& options, const MyTables& my, const FeatureJoin& join,
                                           std::vector<LotReport>& report) {
  std::vector<matrix::CellBlock> read;
  std::map<std::string, std::vector<std::int32_t>> column_of;  // by the digest of a table
  std::int64_t bytes = 0;
  for (const auto& file : mine) bytes += file.bytes;
  log::Progress progress("reading counts", bytes);  // the other ranks have about as much to do as the one that speaks
  for (const auto& file : mine) {
    const auto& digest = my.digest[file.lots[0]];
    const auto& features = my.tables.at(digest);
    auto& column = column_of[digest];
    if (column.empty()) column = join.columns_of(features);
    const auto n_kept = static_cast<std::int32_t>(std::ranges::count_if(column, [](auto c) { return c >= 0; }));
    auto blocks = of_its_lot(file, lots, [&] {
      return read_blocks(file, lots, options, {features, column, join.n_columns()});
    });
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      report[file.lots[b]].cells_read = blocks[b].n_cells();
      report[file.lots[b]].features_dropped = features.n_wanted() - n_kept;
      read.push_back(std::move(blocks[b]));
    }
    progress.advance(file.bytes);
  }
  return read;
}

}  // namespace

std::vector<std::filesystem::path> count_files(const matrix::Lot& lot, const CellsOptions& options) {
  const auto located = locate_counts(lot, options.genome);
  std::vector<std::filesystem::path> files;
  for (const auto& file : {located.matrix, located.features, located.barcodes})
    if (!file.empty()) files.push_back(file);
  return files;
}

CellsRead read_cells(MPI_Comm comm, const matrix::Lots& lots, const CellsOptions& options,
                     const FeatureChoice& choice) {
  if (options.join != "inner" && options.join != "outer")
    throw UsageError("input.join is 'inner' or 'outer', not '" + options.join + "'");
  CellsRead read;
  read.report.resize(lots.size());
  if (lots.empty()) return read;

  std::vector<CountFile> files;
  parallel::together(comm, [&] {
    files = in_parts(locate_all(lots, options), parallel::size_of(comm));
    read.is_table = all_are_tables(files, lots);
  });
  if (read.is_table && options.join == "outer")
    throw UsageError("input.join = outer is for counts: a feature that a table lacks is not 0");

  std::vector<std::int64_t> bytes;
  for (const auto& file : files) bytes.push_back(file.bytes);
  parallel::broadcast(comm, bytes);  // one opinion, should a file grow meanwhile
  const auto reader = readers(bytes, parallel::size_of(comm));
  std::vector<int> reader_of_lot(lots.size());
  std::vector<CountFile> mine;
  for (std::size_t f = 0; f < files.size(); ++f) {
    for (const auto l : files[f].lots) reader_of_lot[l] = reader[f];
    if (reader[f] == parallel::rank_of(comm)) mine.push_back(std::move(files[f]));
  }

  MyTables my;
  parallel::together(comm, [&] { my = read_tables(mine, lots, options, read.report); });
  auto digest = my.digest;
  replicate(comm, digest);
  auto joins = choice.joins;
  if (joins.empty()) joins.assign(lots.size(), choice.given == nullptr ? 1 : 0);
  const auto join = choice.given != nullptr
                        ? FeatureJoin(*choice.given)
                        : FeatureJoin(comm, lots, digest, reader_of_lot, my.tables, joins, options.join == "outer");
  read.features = join.features();
  read.missing = missing_columns(comm, mine, lots, my, join, joins, read.is_table);
  parallel::together(comm, [&] { read.lots = read_counts(mine, lots, options, my, join, read.report); });
  replicate(comm, read.report);
  return read;
}

}  // namespace miura::input
