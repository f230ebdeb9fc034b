#include "report/mining_sections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/mining_charts.hpp"
#include "report/mining_words.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/table.hpp"

namespace miura::report {

namespace {

using Align = HtmlTable::Align;

std::vector<HitCountRow> counts_of(const MiningReport& report, std::string_view kind, std::ptrdiff_t most) {
  std::vector<HitCountRow> counts;
  for (const auto& count : report.counts)
    if (count.kind == kind && std::ssize(counts) < most) counts.push_back(count);
  return counts;
}

std::string how_many_more(std::ptrdiff_t all, std::ptrdiff_t shown, std::string_view table) {
  return fmt::format("{} more are in tables/{}.", count_text(all - shown), table);
}

Html count_table(const std::vector<HitCountRow>& counts, std::string_view caption, double alpha) {
  HtmlTable table(caption, {{"rule", Align::text},
                            {"signs", Align::text},
                            {"lines"},
                            {"could be"},
                            {"observed"},
                            {"by chance"},
                            {"95 % point"},
                            {"p"},
                            {"relabelings"},
                            {"status", Align::text}});
  for (const auto& row : counts)
    table.add(
        {cell(row.name + (row.measurement.empty() ? "" : " in " + row.measurement)), cell(row.rule),
         cell(count_text(row.n_lines)), cell(count_text(row.n_units)), cell(count_text(row.observed)),
         cell(rounded_text(row.null_mean)), cell(std::isnan(row.p) ? rounded_text(row.p) : count_text(row.null_95)),
         cell(p_text(row.p, alpha)),
         cell(count_text(row.permutations) + (row.permutation_kind == "exact" ? " (all)" : "")), cell(row.status)},
        is_more_than_chance(row, alpha) ? "declared" : "");
  return table.html();
}

Html counts_in_full(const MiningReport& report, const std::vector<HitCountRow>& counts, std::string_view id,
                    std::string_view caption) {
  Html body;
  if (const auto spec = count_chart(counts, report.alpha); !spec.empty())
    body += figure_row(chart(id, spec,
                             text("Point: observed. Tick and bar: mean of relabeled lines, and what 95 % of them stay "
                                  "within. Right: p."),
                             file_of_table(report.files, "mining_counts")));
  return body + count_table(counts, caption, report.alpha);
}

Html member_table(const MiningReport& report) {
  constexpr std::ptrdiff_t most = 25;
  HtmlTable table("Members in the training lines; q is Benjamini and Hochberg's of the conjunction p over all units",
                  {{"rule", Align::text},
                   {"unit", Align::text},
                   {"gene", Align::text},
                   {"rho of its terms", Align::text},
                   {"conjunction p"},
                   {"q"}});
  for (std::ptrdiff_t i = 0; i < std::min(most, std::ssize(report.members)); ++i) {
    const auto& row = report.members[i];
    std::string terms;
    for (const auto& term : row.terms)
      terms += (terms.empty() ? "" : ", ") + term.measurement + "/" + term.outcome + " " + rho_text(term.rho);
    table.add({cell(row.intersection), cell(row.unit), cell(row.gene), cell(terms),
               cell(p_text(row.p_conjunction, report.alpha)), cell(p_text(row.q_conjunction, report.alpha))});
  }
  auto html = table.html();
  if (std::ssize(report.members) > most)
    html += note(how_many_more(std::ssize(report.members), most, "mining_intersections.tsv"));
  return html;
}

}  // namespace

Section intersection_section(const MiningReport& report) {
  Section section{"intersections", "Intersections beside chance", {}};
  const auto counts = counts_of(report, "intersection", 60);
  if (counts.empty()) return section;
  section.body += paragraph(
      "How many probes or genes go with all outcomes, platforms and methods of a rule in the signs that it asks for, "
      "and "
      "how many do when the lines are relabeled, once for all of them. Outcomes and platforms go together, so that "
      "chance gives many times what independence would.");
  section.body += counts_in_full(report, counts, "intersections", "Intersections in the training lines");
  if (!report.members.empty()) section.body += member_table(report);
  return section;
}

Section hit_section(const MiningReport& report) {
  constexpr std::ptrdiff_t most = 40;
  Section section{"hits", "Hits of single outcomes beside chance", {}};
  const auto counts = counts_of(report, "hits", most);
  if (counts.empty()) return section;
  section.body += paragraph(
      "A hit is a single probe at the threshold of the settings, which controls no error rate by itself. Probes are "
      "correlated, so that the number of hits spreads far more than a binomial one.");
  section.body += counts_in_full(report, counts, "hits", "Hits in the training lines");
  const auto all = std::ranges::count(report.counts, "hits", &HitCountRow::kind);
  if (all > most) section.body += note(how_many_more(all, most, "mining_counts.tsv"));
  return section;
}

Section selection_section(const MiningReport& report) {
  constexpr std::ptrdiff_t most = 40;
  Section section{"replication", "In the test lines", {}};
  if (report.selections.empty()) return section;
  section.body += paragraph(fmt::format(
      "What the training lines select, looked up in lines that took part in no choice. Replicated: a false discovery "
      "rate of {:g} % among what the rule selected, by the one-sided p of the test lines, of an intersection the "
      "largest "
      "of its terms. This is the list to rely on.",
      100 * report.alpha));
  section.body += count_table(counts_of(report, "replication", 60),
                              "How many hold again at the same threshold, beside relabeled test lines", report.alpha);
  std::vector<const SelectionRow*> rows;
  for (const bool intersection : {true, false})
    for (const auto& row : report.selections)
      if (row.replicated && row.is_intersection == intersection) rows.push_back(&row);
  if (rows.empty()) return section.body += paragraph("Nothing is replicated."), section;
  HtmlTable table("Replicated, intersections first; both rho are of the term that is weakest in the test lines",
                  {{"rule", Align::text},
                   {"unit", Align::text},
                   {"gene", Align::text},
                   {"term", Align::text},
                   {"rho, training"},
                   {"p, training"},
                   {"test lines"},
                   {"rho, test"},
                   {"one-sided p, test"},
                   {"q, test"}});
  for (std::ptrdiff_t i = 0; i < std::min(most, std::ssize(rows)); ++i) {
    const auto& row = *rows[i];
    table.add({cell(row.rule + (row.measurement.empty() ? "" : " in " + row.measurement)), cell(row.unit),
               cell(row.gene), cell(row.term), cell(rho_text(row.train_rho)), cell(p_text(row.train_p, report.alpha)),
               cell(count_text(row.n_test)), cell(rho_text(row.test_rho)), cell(p_text(row.p_test, report.alpha)),
               cell(p_text(row.q_test, report.alpha))},
              row.is_intersection ? "declared" : "");
  }
  section.body += table.html();
  if (std::ssize(rows) > most) section.body += note(how_many_more(std::ssize(rows), most, "mining_replication.tsv"));
  return section;
}

Section rank_section(const MiningReport& report) {
  Section section{"genes", "Surviving genes, rank against rank", {}};
  if (report.ranks.empty()) return section;
  section.body +=
      paragraph(report.selections.empty()
                    ? "The foremost of each rule in the lines that selected them, so that they lie on a line "
                      "by choice; only other lines can confirm them."
                    : "The foremost of what is replicated, in training and in test lines, on every platform.");
  Html charts;
  for (std::size_t i = 0; i < report.ranks.size(); ++i) {
    const auto& panel = report.ranks[i];
    std::string rho;
    for (const auto& series : panel.outcomes)
      rho += (rho.empty() ? "" : ", ") + series.outcome + " " + rho_text(series.rho);
    charts += chart("rank" + std::to_string(i), rank_chart(panel, report.outcomes),
                    element("strong", text(panel.gene.empty() ? panel.probe : panel.gene)) +
                        text(fmt::format(" {} ({}), {}: rho with {}", panel.measurement, panel.set, panel.rule, rho)),
                    file_of_table(report.files, "survivors"));
  }
  section.body += figure_row(charts);
  return section;
}

Section propensity_section(const MiningReport& report) {
  Section section{"propensity", "Propensities and their markers", {}};
  if (report.propensities.empty()) return section;
  section.body += paragraph(
      "The propensity of a line is the rank of the first principal component over the markers, fitted to training "
      "lines "
      "alone. A share of variance near one in the number of markers means that they do not go together.");
  HtmlTable table("Components", {{"outcome", Align::text},
                                 {"variance share"},
                                 {"correlation with the mean of the markers"},
                                 {"least rho with a line left out"},
                                 {"status", Align::text}});
  Html charts;
  for (std::size_t i = 0; i < report.propensities.size(); ++i) {
    const auto& panel = report.propensities[i];
    table.add({cell(panel.outcome), cell(percent_text(panel.variance_share)), cell(rho_text(panel.sign_correlation)),
               cell(rho_text(panel.jackknife)), cell(panel.status)});
    charts += chart("propensity" + std::to_string(i), propensity_chart(panel),
                    element("strong", text(panel.outcome)) +
                        text(fmt::format(" {} of the variance; least rho with a line left out {}",
                                         percent_text(panel.variance_share), rho_text(panel.jackknife))),
                    file_of_table(report.files, "propensity"));
  }
  section.body += table.html() + figure_row(charts);
  Html maps;
  for (std::size_t i = 0; i < report.markers.size(); ++i) {
    const auto& panel = report.markers[i];
    const auto method = panel.method.empty() ? std::string() : ", " + panel.method;
    maps += chart(
        "markers" + std::to_string(i), marker_chart(panel),
        element("strong", text(panel.outcome)) + text(fmt::format(" {}{} ({})", panel.measurement, method, panel.set)),
        file_of_table(report.files, "marker_expression"));
  }
  if (!report.markers.empty())
    section.body += paragraph(
                        "Expression of the markers in standard deviations of the training lines, by line and "
                        "method.") +
                    figure_row(maps);
  return section;
}

Section outcome_section(const MiningReport& report) {
  constexpr std::size_t most_in_chart = 300;  // pairs
  Section section{"outcomes", "Outcomes among themselves", {}};
  if (report.outcome_pairs.empty()) return section;
  section.body += paragraph("A probe that goes with one of two outcomes that go together goes with the other too.");
  if (report.outcome_pairs.size() > 2 && report.outcome_pairs.size() <= most_in_chart)
    section.body += figure_row(chart("outcomes", outcome_chart(report.outcome_pairs),
                                     element("strong", text("Spearman's rho over lines")),
                                     file_of_table(report.files, "outcome_correlation")));
  HtmlTable table("Pairs of outcomes", {{"outcome", Align::text}, {"outcome", Align::text}, {"lines"}, {"rho"}, {"p"}});
  for (std::size_t i = 0; i < std::min(most_in_chart, report.outcome_pairs.size()); ++i) {
    const auto& pair = report.outcome_pairs[i];
    table.add({cell(pair.first), cell(pair.second), cell(count_text(pair.n)), cell(rho_text(pair.rho)),
               cell(p_text(pair.p, report.alpha))});
  }
  section.body += table.html();
  return section;
}

Section product_section(const MiningReport& report) {
  constexpr std::size_t most_outcomes = 12;
  Section section{"products", "Which line for which product", {}};
  if (report.lines.empty()) return section;
  const auto shown = std::min(most_outcomes, report.outcomes.size());
  section.body += paragraph(
      "Rank of each line in its set for each product (the longer the bar the higher), and whether the proposed "
      "threshold "
      "of the best marker accepts it. Lines of one group lie in the same third for every product: these are comparable "
      "for them, as far as this tells.");
  std::vector<HtmlTable::Column> columns{{"line", Align::text}, {"set", Align::text}};
  for (std::size_t o = 0; o < shown; ++o) columns.push_back({report.outcomes[o]});
  columns.push_back({"group", Align::text});
  HtmlTable table("Lines and products", columns);
  for (const auto& line : report.lines) {
    std::vector<TableCell> cells{cell(line.line), cell(line.set)};
    for (std::size_t o = 0; o < shown; ++o) {
      const auto& product = line.products[o];
      if (std::isnan(product.rank)) {
        cells.push_back(cell(rounded_text(product.rank)));
        continue;
      }
      const auto accepted = product.selected.empty() ? "" : product.selected == "yes" ? ", accepted" : ", refused";
      cells.push_back({text(fmt::format("{:g} of {}{}", product.rank, product.n, accepted)),
                       product.rank / static_cast<double>(product.n)});
    }
    cells.push_back(cell(line.group));
    table.add(cells);
  }
  section.body += table.html();
  if (report.outcomes.size() > shown)
    section.body +=
        note(fmt::format("The first {} of {} products; all are in tables/lines.tsv.", shown, report.outcomes.size()));
  return section;
}

}  // namespace miura::report
