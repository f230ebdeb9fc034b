#include "app/checkpoint_file.hpp"

#include "miura/parallel/communicator.hpp"

namespace miura::app {

using hdf5::ParallelFile;
using hdf5::StoredArray;

std::string read_text(const hdf5::File& file, const std::string& name) {
  return StoredArray(file.get(), name).read_texts().at(0);
}

RowsReader my_rows(MPI_Comm comm, const hdf5::File& file, const parallel::Partition& rows) {
  const int rank = parallel::rank_of(comm);
  return {file, rows.begin(rank), rows.n_local(rank)};
}

std::vector<std::int64_t> row_ends(MPI_Comm comm, std::span<const std::int64_t> local_start) {
  const auto before = parallel::sum_of_lower_ranks(comm, local_start.back() - local_start.front());
  std::vector<std::int64_t> ends;
  for (const auto start : local_start.subspan(1)) ends.push_back(before + start - local_start.front());
  return ends;
}

Rows rows_of(const hdf5::File& file, std::int64_t first, std::int64_t count) {
  const auto end = RowsReader(file, first, count).operator()<std::int64_t>("row_end");
  const auto before = first > 0 ? RowsReader(file, first - 1, 1).operator()<std::int64_t>("row_end")[0] : 0;
  std::vector<std::int64_t> start{0};
  for (const auto e : end) start.push_back(e - before);
  return {start, RowsReader(file, before, start.back())};
}

void write_table(const ParallelFile& file, const std::string& name, const matrix::Table& table) {
  const auto group = file.group(file.get(), name);
  std::vector<std::string> names;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const auto& [column, values] = table.columns[c];
    names.push_back(column);
    const auto dataset = std::to_string(c);
    if (const auto* texts = std::get_if<std::vector<std::string>>(&values))
      file.replicated_texts(group.get(), "text" + dataset, *texts);
    else if (const auto* reals = std::get_if<std::vector<double>>(&values))
      file.replicated<double>(group.get(), "real" + dataset, *reals);
    else
      file.replicated<std::int64_t>(group.get(), "integer" + dataset, std::get<std::vector<std::int64_t>>(values));
  }
  file.replicated_texts(group.get(), "names", names);
}

matrix::Table read_table(const hdf5::File& file, const std::string& name) {
  matrix::Table table{name, {}};
  for (const auto& column : StoredArray(file.get(), name + "/names").read_texts()) {
    const auto place = name + "/";
    const auto number = std::to_string(table.columns.size());
    const auto has = [&](const char* kind) {
      return H5Lexists(file.get(), (place + kind + number).c_str(), H5P_DEFAULT) > 0;
    };
    if (has("text"))
      table.columns.push_back({column, StoredArray(file.get(), place + "text" + number).read_texts()});
    else if (has("real"))
      table.columns.push_back({column, read_all<double>(file, place + "real" + number)});
    else
      table.columns.push_back({column, read_all<std::int64_t>(file, place + "integer" + number)});
  }
  return table;
}

void write_tables(const ParallelFile& file, const std::string& list, std::span<const matrix::Table> tables) {
  std::vector<std::string> names;
  for (const auto& table : tables) {
    names.push_back(table.name);
    write_table(file, table.name, table);
  }
  file.replicated_texts(file.get(), list, names);
}

std::vector<matrix::Table> read_tables(const hdf5::File& file, const std::string& list) {
  std::vector<matrix::Table> tables;
  for (const auto& name : StoredArray(file.get(), list).read_texts()) tables.push_back(read_table(file, name));
  return tables;
}

}  // namespace miura::app
