#include <fmt/format.h>

#include <algorithm>

#include "report/charts.hpp"
#include "report/lots_shown.hpp"
#include "report/mapped_words.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/sections.hpp"

namespace miura::report {

namespace {

using Align = HtmlTable::Align;

Html outside_table(const StudyReport& report) {
  HtmlTable table("Cells of each lot that belong to none of the reference", {{"lot", Align::text},
                                                                             {"role", Align::text},
                                                                             {"source", Align::text},
                                                                             {"cells"},
                                                                             {"outside"},
                                                                             {"share outside"},
                                                                             {"p, share outside"},
                                                                             {"unassigned"},
                                                                             {"share unassigned"},
                                                                             {"status", Align::text}});
  for (const bool held_out : {false, true})
    for (const auto& lot : evenly(report.mapped_lots, most_lots)) {
      if (lot.held_out != held_out) continue;
      const double unassigned =
          lot.n_cells > 0 ? static_cast<double>(lot.n_unassigned) / static_cast<double>(lot.n_cells) : missing;
      const bool far = lot.is_foreign() && lot.status != "NO_ANCHORS";
      table.add({cell(lot.lot),
                 cell(held_out ? lot.role + ", held\u00a0out" : lot.role),
                 cell(lot.source),
                 cell(count_text(lot.n_cells)),
                 cell(count_text(lot.n_outside)),
                 {text(percent_text(lot.share_outside)), lot.share_outside >= 0 ? lot.share_outside : -1},
                 cell(p_text(lot.p_outside, report.alpha)),
                 cell(held_out ? "\u2013" : count_text(lot.n_unassigned)),
                 {text(held_out ? "\u2013" : percent_text(unassigned)), !held_out && unassigned >= 0 ? unassigned : -1},
                 cell(far ? lot.status + ", most of it outside" : lot.status)},
                lot.is_foreign() ? "warning" : "");
    }
  return table.html() + note_of_lots_shown(report.mapped_lots.size(), most_lots, "tables/mapped_lots.tsv");
}

}  // namespace

Section mapped_lots_section(const StudyReport& report) {
  Section section{"mapped-lots", "Mapped lots", {}};
  if (report.mapped_lots.empty()) return section;
  if (const auto warning = warning_of_foreign_lots(report); !warning.empty())
    section.body += element("p", text(warning), {{"class", "alarm"}}) + Html{"\n"};
  section.body += paragraph(
      "Each lot was mapped onto the reference by itself. A cell is outside if nearly all cells of held-out training "
      "lots lie nearer to the reference; it stays unassigned, as does a cell that fits several clusters alike. "
      "The p-value of a lot counts the held-out training lots with as large a share outside.");
  if (const auto n = std::ranges::count(report.mapped_lots, true, &MappedLotRow::held_out); n > 0)
    section.body += paragraph(fmt::format("{} With {} held-out lots it cannot be smaller than {}.",
                                          comparison_with_held_out(report), n,
                                          p_text(1.0 / static_cast<double>(n + 1), report.alpha)));
  section.body += chart("outside", outside_chart(report.mapped_lots),
                        text("Share of cells outside, a mark a lot; dashed: the farthest held-out training lot"),
                        "tables/mapped_lots.tsv");
  section.body += outside_table(report);
  const auto& composition = report.mapped_composition;
  if (composition.lots.empty() || composition.clusters.empty()) return section;
  section.body += chart("mapped-composition", composition_chart(composition),
                        text("Share of the assigned cells of each mapped lot (" + composition.partition + ")"),
                        "tables/composition.tsv");
  section.body += composition_table(composition, {}, {});
  return section;
}

}  // namespace miura::report
