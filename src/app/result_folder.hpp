#pragma once

#include <mpi.h>

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "app/folder_lock.hpp"
#include "miura/matrix/table.hpp"

namespace miura::app {

/// What provenance.json says of a result that is made of tables, besides program, machine and outputs.
struct TablesRecord {
  nlohmann::ordered_json settings;
  std::vector<std::filesystem::path> inputs;  ///< as the user named them; their SHA-256 is added
  std::vector<std::string> warnings;
  double seconds = 0;                   ///< wall time
  std::vector<std::uint8_t> page = {};  ///< report.cbor but for the inputs; empty: there is none
};

/// tables/NAME.tsv, or tables/NAME.tsv.gz of more than 200,000 rows.
std::string file_of(const matrix::Table& table);

/// The folder of a command that gives tables: tables/*.tsv, report.html, report.cbor, provenance.json
/// and log.txt. Nothing in it
/// changes before all tables are on the disk beside their names.
class ResultFolder {
public:
  /// Error(cannot_create) if the folder cannot be made, if another run writes there, or if it holds the result of
  /// another command. Collective.
  ResultFolder(MPI_Comm comm, std::filesystem::path out, std::string command);

  /// Where the log is written until the end.
  std::filesystem::path unfinished_log() const { return out_ / "log.txt.part"; }

  /// Writes all and gives it its names, provenance.json after the tables and log.txt last. Collective; tables and
  /// record are those of the first rank.
  void publish(std::span<const matrix::Table> tables, const TablesRecord& record);
  void publish(std::initializer_list<matrix::Table> tables, const TablesRecord& record) {
    publish(std::span(tables.begin(), tables.size()), record);
  }

private:
  MPI_Comm comm_;
  std::filesystem::path out_;
  std::string command_;
  FolderLock lock_;
};

}  // namespace miura::app
