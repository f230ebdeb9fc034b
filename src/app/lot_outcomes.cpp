#include "app/lot_outcomes.hpp"

#include <algorithm>
#include <cmath>

#include "miura/matrix/table_columns.hpp"
#include "miura/report/study_report.hpp"

namespace miura::app {

LotOutcomes::LotOutcomes(const Study& study) : study_(study) {
  for (const auto& outcome : study.association.outcomes) names_.push_back(outcome.name);
  const auto mapped = std::ranges::find(study.sources.tables, "mapped_shares", &matrix::Table::name);
  if (mapped == study.sources.tables.end()) return;
  const auto &outcome = mapped->column<std::string>("outcome"), &lot = mapped->column<std::string>("lot");
  for (std::size_t row = 0; row < outcome.size(); ++row) {
    if (std::ranges::find(names_, outcome[row]) == names_.end()) names_.push_back(outcome[row]);
    mapped_[{outcome[row], lot[row]}] = mapped->column<double>("outcome_value")[row];
  }
}

std::vector<double> LotOutcomes::of(std::int64_t lot) const {
  std::vector<double> values;
  for (const auto& name : names_) values.push_back(of(lot, name));
  return values;
}

double LotOutcomes::of(std::int64_t lot, const std::string& name) const {
  const auto& training = study_.association;
  const auto found = std::ranges::find(training.outcomes, name, &association::Outcome::name);
  const auto place = std::ranges::find(training.training_lots, lot) - training.training_lots.begin();
  if (found != training.outcomes.end() && place < std::ssize(found->value)) return found->value[place];
  const auto mapped = mapped_.find({name, study_.lots[lot].id});
  return mapped == mapped_.end() ? report::missing : mapped->second;
}

matrix::Table outcome_table(const Study& study) {
  struct Row {
    std::int64_t lot;
    std::string outcome;
    double value;
  };
  const LotOutcomes outcomes(study);
  std::vector<Row> rows;
  for (std::int64_t lot = 0; lot < std::ssize(study.lots); ++lot)
    for (const auto& name : outcomes.names())
      if (const double value = outcomes.of(lot, name); std::isfinite(value)) rows.push_back({lot, name, value});
  matrix::TableColumns<Row> columns("outcomes", rows);
  columns.add("lot", [&](const Row& row) { return study.lots[row.lot].id; });
  columns.add("source", [&](const Row& row) { return study.lots[row.lot].source; });
  columns.add("role", [&](const Row& row) { return study.lots[row.lot].role; });
  columns.add("outcome", [](const Row& row) { return row.outcome; });
  columns.add("value", [](const Row& row) { return row.value; });
  return columns.take();
}

}  // namespace miura::app
