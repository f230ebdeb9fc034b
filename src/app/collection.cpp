#include "app/collection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "app/folder_lock.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
#include "miura/input/delimited.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/report/text_table.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

/// A table of a result, cell by cell as it stands in the file.
struct TextRows {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;

  std::size_t lot_column(const fs::path& path) const {
    const auto at = std::ranges::find(header, "lot");
    if (at == header.end()) throw InputError({path, 1}, "has no column lot");
    return static_cast<std::size_t>(at - header.begin());
  }
};

/// Nothing where there is no such table.
TextRows read_rows(const fs::path& path) {
  TextRows table;
  if (!fs::exists(path)) return table;
  input::DelimitedText text({path}, {.separator = '\t', .quotes = false});
  const auto header = text.next();
  if (!header) throw InputError({path}, "is empty");
  table.header.assign(header->begin(), header->end());
  while (const auto row = text.next()) {
    if (row->size() != table.header.size()) throw InputError(text.where(), "does not have a cell for each column");
    table.rows.emplace_back(row->begin(), row->end());
  }
  return table;
}

void write_rows(const TextRows& table, const fs::path& path) {
  report::TextTable file(path, table.header);
  for (const auto& row : table.rows) file.add_lines(fmt::format("{}\n", fmt::join(row, "\t")));
  file.publish();
}

/// The rows of `newer` in place of those of the same lots. A column that only one of the tables has stays empty in the
/// rows of the other.
TextRows merged(const TextRows& older, const TextRows& newer, const fs::path& path) {
  if (older.header.empty()) return newer;
  if (newer.header.empty()) return older;
  std::set<std::string> lots;
  for (const auto& row : newer.rows) lots.insert(row[newer.lot_column(path)]);
  TextRows all{older.header, {}};
  for (const auto& name : newer.header)
    if (std::ranges::find(all.header, name) == all.header.end()) all.header.push_back(name);
  const auto add = [&](const TextRows& from, bool newest) {
    const auto lot = from.lot_column(path);
    for (const auto& row : from.rows) {
      if (!newest && lots.contains(row[lot])) continue;
      auto& placed = all.rows.emplace_back(all.header.size());
      for (std::size_t c = 0; c < row.size(); ++c)
        placed[std::ranges::find(all.header, from.header[c]) - all.header.begin()] = row[c];
    }
  };
  add(older, false);
  add(newer, true);
  return all;
}

TextRows with_result(TextRows lots, const fs::path& result) {
  if (lots.header.empty()) return lots;
  lots.header.emplace_back("result");
  for (auto& row : lots.rows) row.push_back(result.generic_string());
  return lots;
}

/// Of several partitions a study tests, the one whose labels were transferred: that of the mapped lots.
TextRows of_partition(TextRows all, const TextRows& like) {
  if (like.rows.empty()) return all;
  const auto same = [&](const std::vector<std::string>& row) {
    return std::equal(row.begin(), row.begin() + 3, like.rows.front().begin());
  };
  std::erase_if(all.rows, [&](const auto& row) { return !same(row); });
  return all;
}

}  // namespace

void add_to_collection(MPI_Comm comm, const fs::path& collection, const fs::path& study, const fs::path& result) {
  const FolderLock lock(comm, collection);
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) != 0) return;
    const auto from = [&](const fs::path& folder) { return fs::relative(folder, collection); };
    const bool first = !fs::exists(collection / "lots.tsv");
    const auto lots = result / "tables" / "lots.tsv";
    auto known =
        first ? with_result(read_rows(study / "tables" / "lots.tsv"), from(study)) : read_rows(collection / "lots.tsv");
    known = merged(known, with_result(read_rows(lots), from(result)), lots);
    const auto shares = read_rows(result / "tables" / "composition.tsv");
    for (const char* name : {"composition.tsv", "mapped_lots.tsv"}) {
      auto older = read_rows(first ? study / "tables" / name : collection / name);
      if (first && name == std::string_view("composition.tsv")) older = of_partition(std::move(older), shares);
      write_rows(merged(older, read_rows(result / "tables" / name), result / "tables" / name), collection / name);
    }
    write_rows(known, collection / "lots.tsv");
    log::info(fmt::format("collection: {} holds {} lots", collection.string(), known.rows.size()));
  });
}

}  // namespace miura::app
