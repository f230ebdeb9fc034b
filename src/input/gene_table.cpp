#include "miura/input/gene_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "input/sheet.hpp"
#include "miura/base/error.hpp"
#include "miura/input/delimited.hpp"

namespace miura::input {

namespace {

double number_in(const Sheet& sheet, std::size_t column) {
  const auto field = sheet.at(column);
  if (is_missing(field)) return std::numeric_limits<double>::quiet_NaN();
  const auto value = parse_number(field);
  if (!value) throw InputError(sheet.where(sheet.header()[column]), "'" + std::string(field) + "' is not a number");
  return *value;
}

}  // namespace

std::vector<std::string> read_gene_list(const std::filesystem::path& path, GeneRow row_holds) {
  DelimitedText text({path}, {.separator = '\t', .quotes = false});
  std::vector<std::string> genes;
  while (const auto row = text.next()) {
    if (row->size() > 1 && row_holds == GeneRow::name)
      throw InputError(text.where(),
                       "has " + std::to_string(row->size()) + " fields; a list of genes has one name a row");
    if (!(*row)[0].starts_with('#') && !is_missing((*row)[0])) genes.emplace_back((*row)[0]);
  }
  if (genes.empty()) throw InputError({path}, "holds no genes");
  return genes;
}

std::vector<TestedGene> read_gene_table(const std::filesystem::path& path, const GeneTableOptions& options) {
  Sheet sheet(path);
  const auto gene = sheet.need(options.gene);
  const auto score = options.score.empty() ? gene : sheet.need(options.score);
  const auto group = options.group.empty() ? gene : sheet.need(options.group);
  std::vector<std::size_t> judged;
  for (const auto& condition : options.select) judged.push_back(sheet.need(condition.column));
  std::vector<TestedGene> genes;
  while (sheet.next()) {
    if (is_missing(sheet.at(gene))) continue;
    auto& row = genes.emplace_back();
    row.gene = sheet.at(gene);
    if (!options.group.empty()) row.group = sheet.at(group);
    if (!options.score.empty()) row.score = number_in(sheet, score);
    if (std::isinf(row.score)) throw InputError(sheet.where(options.score), "the score is infinite");
    for (std::size_t i = 0; i < judged.size(); ++i) {
      const auto& [column, at_most, bound] = options.select[i];
      const double value = number_in(sheet, judged[i]);
      row.selected = row.selected && (at_most ? value <= bound : value >= bound);
    }
  }
  if (genes.empty()) throw InputError({path}, "holds no genes");
  return genes;
}

}  // namespace miura::input
