// Plain tables of cells x features (morphology, protein panels): first column the cell, every other a feature.
#include <cmath>
#include <string>

#include "input/count_file.hpp"
#include "input/count_rows.hpp"
#include "miura/input/delimited.hpp"

namespace miura::input {

namespace {

DelimitedText open_table(const CountFile& file, const matrix::Lots& lots) {
  return DelimitedText({file.matrix, 0, "", lots[file.lots[0]].id});
}

double feature_value(std::string_view text, const DelimitedText& table, const std::string& feature) {
  const auto value = parse_number(text);
  if (value && std::isfinite(*value)) return *value;
  throw InputError(table.where(feature),
                   is_missing(text) ? "has no value: every cell needs one"
                                    : "'" + std::string(text) + "' is not a " + (value ? "finite " : "") + "number");
}

}  // namespace

FeatureTable read_table_features(const CountFile& file, const matrix::Lots& lots) {
  auto text = open_table(file, lots);
  const auto header = text.next();
  if (!header || header->size() < 2)
    throw InputError(text.where(), "a table needs a header: the cell's name, then a feature a column");
  FeatureTable table;
  table.id.assign(header->begin() + 1, header->end());
  table.symbol = table.id;
  std::vector<std::string> unique = made_unique(table.id);
  for (std::size_t i = 0; i < unique.size(); ++i)
    if (unique[i] != table.id[i]) throw InputError(text.where(table.id[i]), "the header has this name twice");
  return table;
}

std::vector<matrix::CellBlock> read_table(const CountFile& file, const matrix::Lots& lots,
                                          const JoinedColumns& columns) {
  auto text = open_table(file, lots);
  text.next();
  std::vector<std::string> cell;
  std::vector<double> values;
  while (const auto fields = text.next()) {
    if (std::ssize(*fields) != columns.features.n_features() + 1)
      throw InputError(text.where(), "has " + std::to_string(fields->size()) + " fields, the header has " +
                                         std::to_string(columns.features.n_features() + 1));
    cell.emplace_back((*fields)[0]);
    const auto row = values.size();
    values.resize(row + columns.n_columns);  // features that this lot lacks (outer join) stay 0
    for (std::int32_t f = 0; f < columns.features.n_features(); ++f) {
      const auto value = feature_value((*fields)[f + 1], text, columns.name(f));
      if (columns.column[f] >= 0) values[row + columns.column[f]] = value;
    }
  }
  std::vector<matrix::CellBlock> blocks;
  blocks.push_back(sorted_block(file.lots[0], std::move(cell), {}, std::move(values), columns.n_columns,
                                {file.matrix, 0, "", lots[file.lots[0]].id}));
  return blocks;
}

}  // namespace miura::input
