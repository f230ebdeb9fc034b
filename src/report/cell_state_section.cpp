#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/charts.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/sections.hpp"

namespace miura::report {

namespace {

using Align = HtmlTable::Align;

/// The cluster where a share is largest; nothing where it is nowhere above zero.
template <class Share>
const CellStateRow* largest(const StudyReport& report, Share&& share) {
  const CellStateRow* found = nullptr;
  for (const auto& row : report.cell_states)
    if (row.cluster != "all" && share(row) > (found ? share(*found) : 0.0)) found = &row;
  return found;
}

double cycling(const CellStateRow& row) { return row.share_s + row.share_g2m; }

std::string words_of_cycle(const StudyReport& report) {
  if (!report.without_cycle.empty()) return "No scores of the cell cycle: " + report.without_cycle + ".";
  const auto* most = largest(report, cycling);
  return fmt::format(
      "{} of all cells are in the S or G2/M phase by the genes of these phases{}. By Seurat's rule that is every cell "
      "with a score above 0, which noise gives to about a third of the cells that do not cycle, too: compare clusters "
      "and "
      "lots, not the share with 0. Nothing was regressed out: in a cell product proliferation may be the function "
      "itself.",
      percent_text(cycling(report.cell_states.front())),
      most ? fmt::format(", the largest share in cluster {} ({})", most->cluster, percent_text(cycling(*most))) : "");
}

std::string words_of_doublets(const StudyReport& report) {
  const auto& all = report.cell_states.front();
  if (std::isnan(all.doublet_score)) return {};
  const auto* most = largest(report, [](const CellStateRow& row) { return row.share_doublet_like; });
  return fmt::format(
      "{} of all cells have a doublet score of {} or more{}: by how many of a cell's neighbors are simulated doublets "
      "of "
      "its capture run, so large is the chance that it is two cells in one droplet. The score is an aid and took no "
      "cell "
      "away; doublets of like cells stay unseen.",
      percent_text(all.share_doublet_like), rho_text(report.doublet_threshold),
      most
          ? fmt::format(", the largest share in cluster {} ({})", most->cluster, percent_text(most->share_doublet_like))
          : "");
}

/// What becomes of the declared tests when cycling cells are left out.
std::vector<std::string> words_of_repetition(const StudyReport& report) {
  std::vector<std::string> lines;
  bool any_declared = false;
  for (const auto& row : report.without_cycling) {
    if (row.family != Family::primary || (!row.declared && !row.declared_without)) continue;
    any_declared |= row.declared;
    const auto figures = fmt::format("rho {} with all cells, {} without those that cycle; family-wise p {} and {}",
                                     rho_text(row.rho), rho_text(row.rho_without), p_text(row.p_step, report.alpha),
                                     p_text(row.p_step_without, report.alpha));
    lines.push_back(fmt::format(
        "Cluster {} and {}: {}. {}", row.cluster, row.outcome, figures,
        row.declared && row.declared_without ? "The finding does not hang on the cell cycle."
        : row.declared ? "The finding is not declared without them: it may be one of the cell cycle, or fewer cells "
                         "tell less."
                       : "Declared without them alone, which is exploratory."));
  }
  if (!any_declared && !report.without_cycling.empty())
    lines.emplace_back("No primary test was declared with all cells.");
  return lines;
}

Html state_table(const StudyReport& report) {
  HtmlTable table("Phases and doublet scores", {{"cluster", Align::text},
                                                {"cells"},
                                                {"G1"},
                                                {"S"},
                                                {"G2/M"},
                                                {"undecided"},
                                                {"mean doublet score"},
                                                {"doublet-like"}});
  for (const auto& row : report.cell_states)
    table.add({cell(row.cluster), cell(count_text(row.n_cells)), cell(percent_text(row.share_g1)),
               cell(percent_text(row.share_s)), cell(percent_text(row.share_g2m)),
               cell(percent_text(row.share_undecided)), cell(rho_text(row.doublet_score)),
               cell(percent_text(row.share_doublet_like))});
  return table.html();
}

Html repetition_table(const StudyReport& report) {
  HtmlTable table("The primary tests with all cells, and excluding cycling cells", {{"cluster", Align::text},
                                                                                    {"outcome", Align::text},
                                                                                    {"cycling"},
                                                                                    {"rho"},
                                                                                    {"rho, excluding"},
                                                                                    {"p, this test alone"},
                                                                                    {"p alone, excluding"},
                                                                                    {"p, family-wise"},
                                                                                    {"p, family-wise, excluding"},
                                                                                    {"remark", Align::text}});
  for (const auto& row : report.without_cycling) {
    if (row.family != Family::primary) continue;
    const bool elsewhere = row.partition != report.composition.partition;
    table.add({cell(elsewhere ? row.cluster + " of " + row.partition : row.cluster), cell(row.outcome),
               cell(percent_text(row.share_cycling)), cell(rho_text(row.rho)), cell(rho_text(row.rho_without)),
               cell(p_text(row.p_exact, report.alpha)), cell(p_text(row.p_exact_without, report.alpha)),
               cell(p_text(row.p_step, report.alpha)), cell(p_text(row.p_step_without, report.alpha)),
               cell(row.share_cycling >= 1       ? "no cell is left"
                    : row.status_without == "OK" ? ""
                                                 : row.status_without + ", excluding")},
              row.declared ? "declared" : "");
  }
  return table.html();
}

}  // namespace

Section cell_state_section(const StudyReport& report) {
  Section section{"cell-states", "Cell cycle and doublets", {}};
  if (report.cell_states.empty()) return section;
  section.body += paragraph(words_of_cycle(report));
  if (const auto doublets = words_of_doublets(report); !doublets.empty()) section.body += paragraph(doublets);
  if (report.without_cycle.empty())
    section.body +=
        chart("phases", phase_chart(report), text("Phase of the cell cycle in each cluster"), "tables/cell_states.tsv");
  section.body += element("details", element("summary", text("All numbers")) + state_table(report));
  if (!report.without_cycling.empty()) {
    section.body += paragraph(
        "The association repeated without cycling cells: the share of each cluster among the cells of phase G1 of a "
        "lot, tested as before, over all clusters of the grid. These are the same cells and outcomes once more, no new "
        "evidence.");
    section.body += bullet_list(words_of_repetition(report)) + repetition_table(report);
  }
  section.body += note(
      "By lot: tables/cell_states.tsv. With the secondary outcomes: tables/association_without_cycling.tsv. Whether "
      "lots with more cycling cells or higher doublet scores have other outcomes stands under Confounders.");
  return section;
}

}  // namespace miura::report
