#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "miura/report/study_report.hpp"
#include "report/html.hpp"

namespace miura::report {

/// Words of a chart or table of genes that differ between two sides.
struct ContrastWords {
  std::string label;     ///< before the choices: "clusters"
  std::string shown;     ///< the choice at first
  std::string up, down;  ///< "higher in the first"
  std::string of_lots;   ///< what was compared: "lots", "donors"
};

/// A row a gene of a contrast that the reader chooses: a bar up to the cautious end of the log2 ratio, a dot at it.
nlohmann::json contrast_chart(std::span<const ContrastGene> rows, const ContrastWords& words);

/// All numbers of the rows; `contrast` heads the first column.
Html contrast_table(std::string_view caption, const std::string& contrast, std::span<const ContrastGene> rows,
                    const ContrastWords& words, double alpha);

}  // namespace miura::report
