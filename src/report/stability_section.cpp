#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "report/charts.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/sections.hpp"

namespace miura::report {

namespace {

using Align = HtmlTable::Align;

/// Numbers of lots of the curves, rising.
std::set<std::int64_t> numbers_of_lots(const StudyReport& report) {
  std::set<std::int64_t> numbers;
  for (const auto& row : report.stability)
    for (const auto& point : row.by_lots) numbers.insert(point.n_lots);
  return numbers;
}

HtmlTable stability_table(const StudyReport& report) {
  const auto numbers = numbers_of_lots(report);
  std::vector<HtmlTable::Column> columns{
      {"cluster", Align::text}, {"other cells"}, {"other lots"}, {"dissolved, of both"}, {"lots to hold still"}};
  for (const auto n : numbers) columns.push_back({fmt::format("{} lots", n)});
  HtmlTable table("Mean best Jaccard index of each cluster", columns);
  for (const auto& row : report.stability) {
    const auto held = row.lots_to_hold_still > 0 ? count_text(row.lots_to_hold_still)
                      : numbers.empty()          ? std::string("\u2013")
                                                 : "more than " + count_text(*numbers.rbegin());
    std::vector<TableCell> cells{
        cell(row.cluster), cell(rho_text(row.cells)), cell(rho_text(row.lots)),
        cell(fmt::format("{} and {} of {}", row.dissolved_cells, row.dissolved_lots, report.stability_replicates)),
        cell(held)};
    for (const auto n : numbers) {
      const auto point = std::ranges::find(row.by_lots, n, &StabilityRow::Point::n_lots);
      cells.push_back(cell(rho_text(point == row.by_lots.end() ? missing : point->jaccard)));
    }
    table.add(cells);
  }
  return table;
}

}  // namespace

Section stability_section(const StudyReport& report) {
  Section section{"stability", "Stability", {}};
  if (report.stability.empty()) return section;
  section.body += paragraph(fmt::format(
      "The reference was clustered again {} times each on four fifths of its cells, on lots drawn with replacement, "
      "and "
      "on growing numbers of lots. Each cluster is then compared with the most similar new one: the Jaccard index is 1 "
      "where it comes back as it was. A mean of 0.75 or more is called stable, 0.5 or less dissolved (Hennig 2007).",
      report.stability_replicates));
  if (!numbers_of_lots(report).empty())
    section.body +=
        chart("stability", stability_chart(report),
              text("From how many lots on each cluster is the same; dashed at 0.75 and 0.5"), "tables/stability.tsv");
  section.body += stability_table(report).html();
  return section;
}

}  // namespace miura::report
