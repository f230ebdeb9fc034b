#include <fmt/format.h>

#include <algorithm>

#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/sections.hpp"

namespace miura::report {

namespace {

using Align = HtmlTable::Align;

constexpr double suspicious = 0.05;  // of one test; warnings need no correction for their number

}  // namespace

Section confounder_section(const StudyReport& report) {
  Section section{"confounders", "Confounders", {}};
  const auto& rows = report.confounders;
  if (rows.empty()) return section;
  const auto tested = std::ranges::count_if(rows, [](const ConfounderRow& row) { return row.p_exact <= 1; });
  const auto warned = std::ranges::count_if(rows, [](const ConfounderRow& row) { return row.p_exact < suspicious; });
  section.body += paragraph(fmt::format(
      "What else may go with the outcomes: depth, number of cells, quality control, and what the sample sheet names. "
      "Of {} tests {} below p = {}; by chance alone about {:.1f} would. An association with an outcome may be the "
      "shadow of what is marked here beside it: read it as a warning, nothing is corrected for it.",
      tested,
      warned == 0   ? "none lies"
      : warned == 1 ? "1 lies"
                    : count_text(warned) + " lie",
      suspicious, suspicious * static_cast<double>(tested)));
  HtmlTable table("Rank correlation over lots with the outcomes", {{"covariate", Align::text},
                                                                   {"outcome", Align::text},
                                                                   {"lots"},
                                                                   {"rho"},
                                                                   {"p, this test alone"},
                                                                   {"", Align::text}});
  for (const auto& row : rows) {
    const bool warning = row.p_exact < suspicious;
    table.add(
        {cell(row.covariate), cell(row.outcome), cell(count_text(row.n_lots)), cell(rho_text(row.rho)),
         cell(p_text(row.p_exact, suspicious)), cell(row.status == "OK" ? (warning ? "warning" : "") : row.status)},
        warning ? "warning" : "");
  }
  section.body += table.html();
  return section;
}

}  // namespace miura::report
