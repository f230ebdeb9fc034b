#include "report/sections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "miura/report/headline.hpp"
#include "report/charts.hpp"
#include "report/lots_shown.hpp"
#include "report/mapped_words.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/table.hpp"

namespace miura::report {

namespace {

using Align = HtmlTable::Align;

constexpr std::size_t most_table_rows = 60;  // of a family; all rows are in association.tsv

std::string tests_text(const AssociationRow& row) {
  if (row.permutations == 0) return "\u2013";  // nothing to test
  if (row.permutation_kind == "exact") return count_text(row.permutations) + ", all";
  return count_text(row.permutations) + ", " + row.permutation_kind;
}

/// Where an outcome stands in the order of testing.
std::string standing(const StudyReport& report, std::string_view outcome, bool primary_passed) {
  const auto primary = std::ranges::any_of(report.association, [&](const AssociationRow& row) {
    return row.family == Family::primary && row.outcome == outcome;
  });
  if (primary) return "primary outcome";
  return primary_passed ? "secondary outcome" : "secondary outcome, exploratory";
}

Html association_table(const StudyReport& report, Family family, std::string_view caption) {
  const auto rows = distinct_rows(report, family);
  if (rows.empty()) return {};
  const bool partitions = std::ranges::any_of(
      rows, [&](const AssociationRow* row) { return row->partition != report.composition.partition; });
  std::vector<HtmlTable::Column> columns{{"cluster", Align::text}, {"outcome", Align::text}};
  if (partitions) columns.push_back({"partition", Align::text});
  for (const auto* title :
       {"lots", "mean share", "rho", "95 % interval", "p, this test alone", "p, family-wise", "relabelings"})
    columns.push_back({title});
  columns.push_back({"status", Align::text});
  HtmlTable table(caption, columns);
  for (std::size_t i = 0; i < std::min(rows.size(), most_table_rows); ++i) {
    const auto& row = *rows[i];
    std::vector<TableCell> cells{cell(row.cluster), cell(row.outcome)};
    if (partitions) cells.push_back(cell(row.partition));
    const bool interval = std::isfinite(row.ci_lo) && std::isfinite(row.ci_hi);
    for (const auto& number : {count_text(row.n_lots), percent_text(row.mean_share), rho_text(row.rho),
                               interval ? rho_text(row.ci_lo) + " to " + rho_text(row.ci_hi) : std::string("\u2013"),
                               p_text(row.p_exact, report.alpha), p_text(row.p_step, report.alpha), tests_text(row)})
      cells.push_back(cell(number));
    cells.push_back(cell(row.flags.empty() ? row.status : row.status + " (" + row.flags + ")"));
    table.add(cells, is_declared(report, row) ? "declared" : "");
  }
  auto html = table.html();
  const auto tests = std::ranges::count(report.association, family, &AssociationRow::family);
  if (tests > std::ssize(rows) && rows.size() <= most_table_rows)
    html +=
        note(fmt::format("One row for each population and outcome; the {} tests over all partitions are in "
                         "tables/association.tsv.",
                         count_text(tests)));
  if (rows.size() > most_table_rows)
    html += note(fmt::format("The {} first of {} tests; all are in tables/association.tsv.", most_table_rows,
                             count_text(std::ssize(rows))));
  return html;
}

/// What chance alone gives, for each outcome of the primary family.
Html null_figures(const StudyReport& report) {
  Html figures;
  int number = 0;
  for (const auto& outcome : outcomes_of(report))
    if (const auto spec = null_chart(report, outcome); !spec.is_null())
      figures += chart("null-" + std::to_string(number++), spec,
                       element("strong", text("Chance")) + text(" and the observed rho with " + outcome),
                       "tables/association.tsv");
  if (number == 0) return figures;
  return paragraph(
             "What lots give whose outcomes are dealt anew: each mark is the rho of a tested cluster, its height the "
             "share of relabelings that reach it. One test alone reaches a large rho easily; the best of all tests "
             "does so far more often, which is what the family-wise p pays for. Dashed: " +
             fmt::format("{}.", report.alpha)) +
         (number == 1 ? figures : figure_row(figures));
}

}  // namespace

Html finding_card(const StudyReport& report) {
  const auto found = headline(report);
  auto card = element("p", text(found.claim), {{"class", "claim"}}) + Html{"\n"};
  for (const auto& caveat : found.caveats) card += paragraph(caveat);
  std::string sentences;
  for (const auto& finding : report.findings) sentences += (sentences.empty() ? "" : " ") + finding;
  if (!sentences.empty()) card += paragraph(sentences);
  return element("section", card, {{"id", "finding"}, {"class", found.declared ? "finding declared" : "finding"}}) +
         Html{"\n"};
}

Html key_numbers(const StudyReport& report) {
  std::int64_t read = 0, kept = 0;
  for (const auto& lot : report.lots) {
    read += lot.cells_read;
    kept += lot.cells_kept;
  }
  std::vector<NamedText> numbers{{count_text(std::ssize(report.lots)), "lots"},
                                 {count_text(kept), fmt::format("cells kept of {}", count_text(read))}};
  if (report.of_new_lots) {
    std::int64_t mapped = 0, assigned = 0;
    for (const auto& lot : report.mapped_lots) {
      if (lot.held_out) continue;
      mapped += lot.n_cells;
      assigned += lot.n_cells - lot.n_unassigned;
    }
    numbers.push_back({count_text(assigned), fmt::format("cells assigned of {}", count_text(mapped))});
  }
  if (report.n_genes > 0) numbers.push_back({count_text(report.n_genes), "genes"});
  if (!report.composition.clusters.empty())
    numbers.push_back(
        {count_text(std::ssize(report.composition.clusters)), "clusters, " + report.composition.partition});
  if (const auto tests = ranked_tests(report, Family::primary).size(); tests > 0)
    numbers.push_back({count_text(static_cast<std::int64_t>(tests)), "tests in the primary family"});
  Html items;
  for (const auto& [number, what] : numbers)
    items += element("div", element("dd", text(number)) + element("dt", text(what))) + Html{"\n"};
  return element("dl", items, {{"class", "numbers"}}) + Html{"\n"};
}

Section association_section(const StudyReport& report) {
  Section section{"association", "Which clusters go with the outcome", {}};
  if (report.association.empty()) return section;
  section.body += paragraph(
      fmt::format("Each dot is the rank correlation, over lots, of a cluster's share with the outcome; the line is its "
                  "95 % interval "
                  "and the number its family-wise p-value. A filled dot is declared at a family-wise error rate of {}.",
                  report.alpha));
  const bool primary_passed = headline(report).declared;
  Html figures;
  int number = 0;
  for (const auto& outcome : outcomes_of(report))
    figures += chart("association-" + std::to_string(number++), association_chart(report, outcome),
                     element("strong", text(outcome)) + text(", " + standing(report, outcome, primary_passed)),
                     "tables/association.tsv");
  section.body += figure_row(figures);
  section.body += null_figures(report);
  section.body += association_table(report, Family::primary, "Tests with the primary outcome");
  section.body += association_table(report, Family::secondary, "Tests with the secondary outcomes");
  return section;
}

Section populations_section(const StudyReport& report) {
  Section section{"populations", "Populations over all partitions", {}};
  if (report.populations.empty()) return section;
  section.body += paragraph(
      "One partition is a lottery: at another resolution or seed a population may be split or merged. Clusters of all "
      "partitions that share more than half of their cells with a central one are one population; its core cells are "
      "in more than four fifths of its clusters. Stability is the mean of the best Jaccard index in the other "
      "partitions: below one half the population dissolves.");
  std::vector<HtmlTable::Column> columns{{"population", Align::text}, {"outcome", Align::text}, {"claim", Align::text}};
  for (const auto* title :
       {"partitions", "core cells", "mean share of the core", "rho, lowest to highest", "p, family-wise", "stability"})
    columns.push_back({title});
  columns.push_back({"primary cluster", Align::text});
  HtmlTable table("Populations and the outcomes", columns);
  std::size_t left_out = 0;
  for (const auto& row : report.populations) {
    const bool declared = row.claim.starts_with("declared");
    if (!declared && !report.primary_outcome.empty() && row.outcome != report.primary_outcome) {
      ++left_out;
      continue;
    }
    const bool known = std::isfinite(row.rho_min);
    table.add({cell(row.population), cell(row.outcome),
               cell(row.flags.empty() ? row.claim : row.claim + " (" + row.flags + ")"),
               cell(fmt::format("{} of {}", row.n_partitions, row.of_partitions)), cell(count_text(row.core_cells)),
               cell(percent_text(row.mean_share)),
               cell(known ? rho_text(row.rho_min) + " to " + rho_text(row.rho_max) : std::string("\u2013")),
               cell(p_text(row.p_step, report.alpha)), cell(rounded_text(row.stability)), cell(row.primary_cluster)},
              declared ? "declared" : "");
  }
  section.body += table.html();
  if (left_out > 0) section.body += note("What was not declared of the other outcomes is in tables/populations.tsv.");
  return section;
}

Section scatter_section(const StudyReport& report) {
  Section section{"lots-behind-it", "The lots behind it", {}};
  Html figures;
  int number = 0;
  for (const auto& scatter : report.scatter) {
    const auto row = std::ranges::find_if(report.association, [&](const AssociationRow& r) {
      return r.partition == scatter.partition && r.cluster == scatter.cluster && r.outcome == scatter.outcome;
    });
    auto figures_text = std::string();
    if (row != report.association.end()) figures_text = ": " + test_text(*row, report.alpha);
    const auto elsewhere = scatter.partition == report.composition.partition ? "" : " (" + scatter.partition + ")";
    figures += chart("scatter-" + std::to_string(number++), scatter_chart(scatter),
                     element("strong", text("cluster " + scatter.cluster + elsewhere)) +
                         text(" and " + scatter.outcome + figures_text),
                     "tables/composition.tsv");
  }
  if (number == 0) return section;
  section.body = paragraph("A point a lot: for each outcome the cluster that goes with it best.") + figure_row(figures);
  section.body += note_of_lots_shown(report.composition.lots.size(), most_points, "tables/composition.tsv");
  const auto& composition = report.composition;
  if (composition.clusters.size() > 1 && report.primary_value.size() == composition.lots.size())
    section.body += chart("any-cluster", cluster_scatter_chart(report, cluster_of_claim(report)),
                          element("strong", text("Any cluster")) + text(" and " + report.primary_outcome),
                          "tables/composition.tsv");
  return section;
}

Html composition_table(const Composition& composition, const std::vector<double>& value, std::string_view outcome) {
  const bool known = value.size() == composition.lots.size();
  std::vector<HtmlTable::Column> columns{{"lot", Align::text}};
  if (known) columns.push_back({std::string(outcome)});
  columns.push_back({"cells"});
  for (const auto& cluster : composition.clusters) columns.push_back({"cluster " + cluster});
  HtmlTable table("Share and number of cells", columns);
  for (const auto l : lots_in_order(composition, value)) {
    std::vector<TableCell> cells{cell(composition.lots[l])};
    if (known) cells.push_back(cell(rounded_text(value[l])));
    cells.push_back(cell(count_text(composition.lot_total(l))));
    for (std::size_t c = 0; c < composition.clusters.size(); ++c) {
      const double share = composition.share(l, c);
      cells.push_back(
          {text(percent_text(share)) + Html{" "} + element("small", text(count_text(composition.count(l, c)))),
           std::isfinite(share) ? share : -1});
    }
    table.add(cells);
  }
  return table.html() + note_of_lots_shown(composition.lots.size(), most_lots, "tables/composition.tsv");
}

Section composition_section(const StudyReport& report) {
  Section section{"composition", "What each lot is made of", {}};
  const auto& composition = report.composition;
  if (composition.clusters.empty() || composition.lots.empty()) return section;
  const bool known = report.primary_value.size() == composition.lots.size();
  section.body += paragraph("Clusters are numbered by falling size (" + composition.partition + ")." +
                            (known ? " Lots are ordered by " + report.primary_outcome +
                                         ", lowest first; its value stands at the end of the bar."
                                   : ""));
  section.body += chart("composition", composition_chart(composition, report.primary_value, report.primary_outcome),
                        text("Share of the lot's cells in each cluster"), "tables/composition.tsv");
  section.body += composition_table(composition, report.primary_value, report.primary_outcome);
  return section;
}

Section lots_section(const StudyReport& report) {
  Section section{"lots", "Lots and quality control", {}};
  if (report.lots.empty()) return section;
  std::vector<HtmlTable::Column> columns{
      {"lot", Align::text}, {"source", Align::text}, {"role", Align::text}, {"cells read"}};
  for (const auto& reason : report.drop_reasons) columns.push_back({reason});
  for (const auto* title : {"kept", "kept of read", "median counts", "median genes"}) columns.push_back({title});
  HtmlTable table("Cells of each lot, from the file to the analysis", columns);
  LotRow total{
      .lot = "all", .source = {}, .role = {}, .cells_dropped = std::vector<std::int64_t>(report.drop_reasons.size())};
  const auto add = [&](const LotRow& lot, std::string_view row_class = "") {
    std::vector<TableCell> cells{cell(lot.lot), cell(lot.source), cell(lot.role), cell(count_text(lot.cells_read))};
    for (const auto dropped : lot.cells_dropped) cells.push_back(cell(count_text(dropped)));
    const double kept =
        lot.cells_read > 0 ? static_cast<double>(lot.cells_kept) / static_cast<double>(lot.cells_read) : missing;
    cells.push_back(cell(count_text(lot.cells_kept)));
    cells.push_back({text(percent_text(kept)), std::isfinite(kept) ? kept : -1});
    cells.push_back(cell(rounded_text(lot.median_counts)));
    cells.push_back(cell(rounded_text(lot.median_genes)));
    table.add(cells, row_class);
  };
  for (const auto& lot : evenly(report.lots, most_lots)) add(lot);
  for (const auto& lot : report.lots) {
    total.cells_read += lot.cells_read;
    total.cells_kept += lot.cells_kept;
    for (std::size_t r = 0; r < total.cells_dropped.size(); ++r) total.cells_dropped[r] += lot.cells_dropped.at(r);
  }
  add(total, "total");
  section.body = table.html() + note_of_lots_shown(report.lots.size(), most_lots, "tables/lots.tsv");
  return section;
}

Section variance_section(const StudyReport& report) {
  Section section{"components", "Principal components", {}};
  const auto& ratio = report.variance_ratio;
  if (ratio.empty()) return section;
  const double sum = std::accumulate(ratio.begin(), ratio.end(), 0.0);
  section.body +=
      paragraph(fmt::format("The first of {} components carries {} of the variance, all together {}. Where the curve "
                            "goes flat, further components are mostly noise.",
                            ratio.size(), percent_text(ratio.front()), percent_text(sum)));
  section.body += chart("variance", variance_chart(ratio), text("Share of the variance by component"));
  HtmlTable table("Variance by component", {{"component"}, {"share of the variance"}, {"up to here"}});
  double so_far = 0;
  for (std::size_t c = 0; c < ratio.size(); ++c) {
    so_far += ratio[c];
    table.add({cell(std::to_string(c + 1)), cell(fmt::format("{:.2f} %", 100 * ratio[c])),
               cell(fmt::format("{:.1f} %", 100 * so_far))});
  }
  section.body += element("details", element("summary", text("All numbers")) + table.html());
  return section;
}

Section warnings_section(const StudyReport& report) {
  auto warnings = report.warnings;
  if (const auto warning = warning_of_foreign_lots(report); !warning.empty())
    warnings.insert(warnings.begin(), warning);
  return warnings_section(warnings);
}
Section method_section(const StudyReport& report) { return method_section(report.method); }
Section settings_section(const StudyReport& report) { return settings_section(report.settings); }
Section provenance_section(const StudyReport& report) {
  return provenance_section(report.inputs, report.labels_digest);
}
Section files_section(const StudyReport& report) { return files_section(report.files, report.digests); }

}  // namespace miura::report
