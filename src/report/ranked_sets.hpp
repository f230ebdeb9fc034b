#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "miura/report/study_report.hpp"
#include "report/html.hpp"

namespace miura::report {

/// What a person calls a set: its description where the name is a number of a database.
std::string set_label(const std::string& name, const std::string& description);

/// What a chart of ranked sets is drawn by, and its words.
struct RankedSetsChart {
  std::string label;                                     ///< before the choices: "cluster"
  std::string shown;                                     ///< the choice at first
  std::string up, down;                                  ///< "higher in the cluster"
  double RankedSetRow::*nes = &RankedSetRow::nes_genes;  ///< the score that is drawn
  double alpha = 0.05;  ///< of the false discovery rate over lots: bars above it are pale
};

/// A bar a set, to the right for up and to the left for down, of a ranking that the reader chooses.
nlohmann::json ranked_sets_chart(std::span<const RankedSetRow> rows, const RankedSetsChart& words);

/// All numbers of the rows; `ranked_by` heads the first column.
Html ranked_sets_table(std::string_view caption, const std::string& ranked_by, std::span<const RankedSetRow> rows,
                       double alpha);

}  // namespace miura::report
