#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "app/study.hpp"
#include "miura/matrix/table.hpp"

namespace miura::app {

/// What lots show of the outcomes, for pages: training lots as they were tested, mapped ones as their sheet has it
/// (mapped_shares.tsv). Keeps a reference to the study.
class LotOutcomes {
public:
  explicit LotOutcomes(const Study& study);

  const std::vector<std::string>& names() const { return names_; }
  /// A value for each name, of the lot with this place in Study::lots; NaN where it was not measured, or not tested.
  std::vector<double> of(std::int64_t lot) const;
  /// NaN also for a name that is none of the outcomes.
  double of(std::int64_t lot, const std::string& name) const;

private:
  const Study& study_;
  std::vector<std::string> names_;
  std::map<std::pair<std::string, std::string>, double> mapped_;  ///< by outcome and lot
};

/// The table `outcomes`: lot, source, role, outcome, value, for all lots with a value; no rows where there is none.
matrix::Table outcome_table(const Study& study);

}  // namespace miura::app
