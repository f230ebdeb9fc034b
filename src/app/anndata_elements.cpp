#include "app/anndata_elements.hpp"

namespace miura::app {

using hdf5::Group;
using hdf5::ParallelFile;

Group dictionary(const ParallelFile& file, hid_t at, const std::string& name) {
  auto group = file.group(at, name);
  file.encoding(group.get(), "dict", "0.1.0");
  return group;
}

void array_encoding(const ParallelFile& file, const hdf5::Dataset& dataset, const char* type) {
  file.encoding(dataset.get(), type, "0.2.0");
}

void write_text(const ParallelFile& file, hid_t at, const std::string& name, const std::string& value) {
  file.encoding(file.scalar_text(at, name, value).get(), "string", "0.2.0");
}

void write_frame(const ParallelFile& file, hid_t at, const matrix::Table& table) {
  const auto comm = file.comm();
  const bool first = parallel::rank_of(comm) == 0;
  FrameWriter frame(file, at, table.name);
  std::vector<std::string> rows;
  for (std::int64_t i = 0; first && i < table.n_rows(); ++i) rows.push_back(std::to_string(i));
  frame.index(rows);
  for (const auto& column : table.columns) {
    if (const auto* texts = std::get_if<std::vector<std::string>>(&column.values))
      frame.texts(column.name, first ? *texts : std::vector<std::string>{});
    else if (const auto* reals = std::get_if<std::vector<double>>(&column.values))
      frame.column(column.name, on_first(comm, *reals));
    else
      frame.column(column.name, on_first(comm, std::get<std::vector<std::int64_t>>(column.values)));
  }
  frame.finish();
}

}  // namespace miura::app
