#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "report/charts.hpp"
#include "report/lots_shown.hpp"
#include "report/mapped_words.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/sections.hpp"

namespace miura::report {

namespace {

using Align = HtmlTable::Align;

std::string words_of_cells(const SourceMarkers& markers, const std::string& group) {
  return group == "declared" ? "cluster " + markers.cluster : group + " cells";
}

std::string two_digits(double value) { return std::isfinite(value) ? fmt::format("{:.2f}", value) : "\u2013"; }

Html expression_table(const SourceMarkers& markers, const std::string& gene) {
  HtmlTable table(gene + " by source; shares and means are means over lots", {{"lots of", Align::text},
                                                                              {"cells of", Align::text},
                                                                              {"lots"},
                                                                              {"cells"},
                                                                              {"expressing"},
                                                                              {"high"},
                                                                              {"mean expression"},
                                                                              {"log2 CPM"},
                                                                              {"status", Align::text}});
  for (const auto& row : markers.rows) {
    if (row.gene != gene) continue;
    table.add({cell(words_of_group(row.role, row.source)),
               cell(words_of_cells(markers, row.group)),
               cell(count_text(row.n_lots)),
               cell(count_text(row.n_cells)),
               {text(percent_text(row.share_expressing)), row.share_expressing >= 0 ? row.share_expressing : -1},
               {text(percent_text(row.share_high)), row.share_high >= 0 ? row.share_high : -1},
               cell(two_digits(row.mean)),
               cell(two_digits(row.log2_cpm)),
               cell(row.status)});
  }
  return table.html();
}

/// Tests that have a p; what cannot be tested stands in the table beside the page.
Html test_table(const SourceMarkers& markers, const std::string& gene, double alpha) {
  HtmlTable table(
      "Differences between groups of lots; p by exchanging lots, and corrected for all tests of mapped lots",
      {{"lots of", Align::text},
       {"cells of", Align::text},
       {"against", Align::text},
       {"measure", Align::text},
       {"lots"},
       {"lots against"},
       {"difference"},
       {"p, this test alone"},
       {"smallest attainable p"},
       {"p, Holm"},
       {"status", Align::text}});
  std::int64_t n = 0;
  for (const auto& test : markers.tests) {
    if (test.gene != gene || !(test.p <= 1)) continue;
    ++n;
    const bool is_share = test.measure == "share_high";
    table.add(
        {cell(words_of_group(test.role, test.source)), cell(words_of_cells(markers, test.group)), cell(test.against),
         cell(is_share ? "share of high cells" : "log2 CPM"), cell(count_text(test.n_lots)),
         cell(count_text(test.n_against)),
         cell(is_share ? fmt::format("{:+.1f} %", 100 * test.difference) : fmt::format("{:+.2f}", test.difference)),
         cell(p_text(test.p, alpha)), cell(p_text(test.p_min_attainable, alpha)), cell(p_text(test.p_holm, alpha)),
         cell(test.status)},
        test.p_holm <= alpha ? "declared" : "");
  }
  if (n == 0) return note("No group has lots enough for a test of " + gene + ".");
  return element("details", element("summary", text(fmt::format("{} tests over lots of {}", n, gene))) + table.html());
}

}  // namespace

Section source_marker_section(const StudyReport& report) {
  Section section{"source-markers", "Markers by source", {}};
  const auto& markers = report.source_markers;
  if (markers.rows.empty()) return section;
  section.body += paragraph(fmt::format(
      "Genes that were chosen beforehand, in cells of cluster {} and in the others. Expression is log(1 + 10,000 count "
      "/ counts of the cell). High is what few other training cells reach; mapped lots never move that threshold. "
      "Cells "
      "were assigned by their expression, this gene's included, so that a difference within a source is partly so by "
      "construction; the tests take lots, not cells.",
      markers.cluster));
  int number = 0;
  for (const auto& gene : distinct(markers.rows, &SourceMarkers::Row::gene)) {
    const auto id = std::to_string(number++);
    section.body += figure_row(
        chart("source-marker-density-" + id, density_chart(markers, gene),
              element("strong", text(gene)) + text(": cells by expression, smoothed, silent cells left out; above each "
                                                   "line cluster " +
                                                   markers.cluster + ", below it other cells; dashed: high from here"),
              "tables/source_marker_density.tsv") +
        chart("source-marker-high-" + id, high_cells_chart(markers, gene),
              element("strong", text(gene)) + text(": share of high cells, a mark a lot"),
              "tables/source_marker_lots.tsv"));
    section.body += note_of_lots_shown(lots_of(markers, gene).size(), most_points, "tables/source_marker_lots.tsv");
    section.body += expression_table(markers, gene);
    section.body += test_table(markers, gene, report.alpha);
  }
  return section;
}

}  // namespace miura::report
