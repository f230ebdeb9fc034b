#include "miura/mining/tables.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "mining/intersect.hpp"
#include "miura/matrix/table_columns.hpp"

namespace miura::mining {

using matrix::TableColumns;

matrix::Table count_table(std::span<const CountRow> rows) {
  TableColumns table("mining_counts", rows);
  table.add("kind", &CountRow::kind);
  table.add("name", &CountRow::name);
  table.add("measurement", &CountRow::measurement);
  table.add("rule", &CountRow::rule);
  table.add("n_lines", &CountRow::n_lines);
  table.add("n_units", &CountRow::n_units);
  table.add("observed", &CountRow::observed);
  table.add("null_mean", &CountRow::null_mean);
  table.add("null_sd", &CountRow::null_sd);
  table.add("null_95", &CountRow::null_95);
  table.add("p", &CountRow::p);
  table.add("n_perm", &CountRow::n_perm);
  table.add("perm_type", &CountRow::perm_type);
  table.add("wrong_independent_mean", &CountRow::independent_mean);
  table.add("wrong_independent_sd", &CountRow::independent_sd);
  table.add("status", &CountRow::status);
  return table.take();
}

matrix::Table probe_table(const LineSet& lines, const Screen& found, const Options& options) {
  const auto panel = [&](const ProbeRow& row) -> const Panel& { return lines.panels[row.panel]; };
  TableColumns table("mining_probes", std::span(found.probes));
  table.add("measurement", [&](const ProbeRow& row) { return panel(row).name; });
  table.add("platform", [&](const ProbeRow& row) { return panel(row).platform; });
  table.add("method", [&](const ProbeRow& row) { return panel(row).method; });
  table.add("outcome", [&](const ProbeRow& row) { return lines.outcomes[row.outcome].name; });
  table.add("probe", [&](const ProbeRow& row) { return panel(row).probes.feature[row.probe]; });
  table.add("gene", [&](const ProbeRow& row) { return panel(row).gene[row.probe]; });
  table.add("n", &ProbeRow::n);
  table.add("S", &ProbeRow::s);
  table.add("rho", &ProbeRow::rho);
  table.add("p", &ProbeRow::p);
  table.add("p_greater", &ProbeRow::p_greater);
  table.add("p_less", &ProbeRow::p_less);
  table.add("p_type", [&](const ProbeRow& row) { return std::string(row.n <= options.exact_p_up_to ? "exact" : "t"); });
  table.add("hit", &ProbeRow::hit);
  return table.take();
}

matrix::Table intersection_table(const LineSet& lines, std::span<const Intersection> intersections,
                                 const Screen& found) {
  struct Row {
    const IntersectionRow* unit;
    std::int64_t term;
  };
  std::vector<Row> rows;
  std::size_t most_terms = 0;
  for (const auto& unit : found.units) {
    for (std::int64_t t = 0; t < std::ssize(unit.terms); ++t) rows.push_back({&unit, t});
    most_terms = std::max(most_terms, unit.terms.size());
  }
  const auto rule = [&](const Row& row) -> const Intersection& { return intersections[row.unit->intersection]; };
  const auto asked = [&](const Row& row) -> const Term& { return rule(row).terms[row.term]; };
  const auto found_term = [](const Row& row) -> const IntersectionRow::Term& { return row.unit->terms[row.term]; };
  TableColumns table("mining_intersections", std::span<const Row>(rows));
  table.add("intersection", [&](const Row& row) { return rule(row).name; });
  table.add("unit", [](const Row& row) { return row.unit->unit; });
  table.add("gene", [](const Row& row) { return row.unit->gene; });
  table.add("direction", [](const Row& row) { return std::string(row.unit->reversed ? "reversed" : "as written"); });
  table.add("member", [](const Row& row) { return row.unit->member; });
  table.add("measurement", [&](const Row& row) { return lines.panels[asked(row).panel].name; });
  table.add("outcome", [&](const Row& row) { return lines.outcomes[asked(row).outcome].name; });
  table.add("sign", [&](const Row& row) { return std::string(asked(row).negative != row.unit->reversed ? "-" : "+"); });
  table.add("probe",
            [&](const Row& row) { return lines.panels[asked(row).panel].probes.feature[found_term(row).probe]; });
  table.add("n_probes", [&](const Row& row) { return found_term(row).n_probes; });
  table.add("rho", [&](const Row& row) { return found_term(row).rho; });
  table.add("p_one_sided", [&](const Row& row) { return found_term(row).p; });
  table.add("p_conjunction", [](const Row& row) { return row.unit->p_partial.back(); });
  table.add("q_conjunction", [](const Row& row) { return row.unit->q; });
  for (std::size_t u = 0; u < most_terms; ++u)
    table.add(("p_at_least_" + std::to_string(u + 1)).c_str(), [=](const Row& row) {
      return u < row.unit->p_partial.size() ? row.unit->p_partial[u] : std::numeric_limits<double>::quiet_NaN();
    });
  return table.take();
}

namespace {

std::string sign_of(const Term& term) { return term.negative ? "-" : "+"; }

}  // namespace

matrix::Table replication_table(const LineSet& training, const Replication& replication) {
  using Row = ReplicationRow;
  TableColumns table("mining_replication", std::span(replication.rows));
  table.add("rule", &Row::rule);
  table.add("kind", [](const Row& row) { return std::string(row.is_intersection ? "intersection" : "hits"); });
  table.add("measurement", &Row::measurement);
  table.add("unit", &Row::unit);
  table.add("gene", &Row::gene);
  table.add("direction", [](const Row& row) { return std::string(row.reversed ? "reversed" : "as written"); });
  table.add("term", [&](const Row& row) {
    const auto& asked = row.weakest_term().asked;
    return pair_of(training, asked) + ":" + sign_of(asked);
  });
  table.add("train_rho", [](const Row& row) { return row.weakest_term().train_rho; });
  table.add("train_p", &Row::train_p);
  table.add("tested_in", &Row::tested_in);
  table.add("n_test", &Row::n_test);
  table.add("test_rho", [](const Row& row) { return row.weakest_term().test_rho; });
  table.add("p_test", &Row::p_test);
  table.add("q_test", &Row::q_test);
  table.add("naive", &Row::naive);
  table.add("replicated", &Row::replicated);
  return table.take();
}

matrix::Table replicated_term_table(const LineSet& training, const LineSet& test, const Replication& replication) {
  struct Row {
    const ReplicationRow* selected;
    const ReplicatedTerm* term;
  };
  std::vector<Row> rows;
  for (const auto& selected : replication.rows)
    for (const auto& term : selected.terms)
      if (selected.is_intersection) rows.push_back({&selected, &term});
  const auto probe = [](const LineSet& lines, std::int32_t panel, std::int64_t number) {
    return number < 0 ? std::string() : lines.panels[panel].probes.feature[number];
  };
  TableColumns table("mining_replication_terms", std::span<const Row>(rows));
  table.add("rule", [](const Row& row) { return row.selected->rule; });
  table.add("unit", [](const Row& row) { return row.selected->unit; });
  table.add("gene", [](const Row& row) { return row.selected->gene; });
  table.add("direction",
            [](const Row& row) { return std::string(row.selected->reversed ? "reversed" : "as written"); });
  table.add("outcome", [&](const Row& row) { return training.outcomes[row.term->asked.outcome].name; });
  table.add("sign", [](const Row& row) { return sign_of(row.term->asked); });
  table.add("measurement", [&](const Row& row) { return training.panels[row.term->asked.panel].name; });
  table.add("probe", [&](const Row& row) { return probe(training, row.term->asked.panel, row.term->train_probe); });
  table.add("train_rho", [](const Row& row) { return row.term->train_rho; });
  table.add("train_p", [](const Row& row) { return row.term->train_p; });
  table.add("tested_in", [&](const Row& row) {
    return row.term->test_panel < 0 ? std::string() : test.panels[row.term->test_panel].name;
  });
  table.add("test_probe", [&](const Row& row) { return probe(test, row.term->test_panel, row.term->test_probe); });
  table.add("test_rho", [](const Row& row) { return row.term->test_rho; });
  table.add("p_test", [](const Row& row) { return row.term->p_test; });
  return table.take();
}

matrix::Table outcome_correlation_table(const LineSet& lines, const Screen& found) {
  using Row = OutcomeCorrelation;
  TableColumns table("outcome_correlation", std::span(found.outcomes));
  table.add("outcome_a", [&](const Row& row) { return lines.outcomes[row.first].name; });
  table.add("outcome_b", [&](const Row& row) { return lines.outcomes[row.second].name; });
  table.add("n", &Row::n);
  table.add("rho", &Row::rho);
  table.add("p", &Row::p);
  return table.take();
}

}  // namespace miura::mining
