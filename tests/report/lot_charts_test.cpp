/// What single lots did, what chance gives, and any cluster against the outcome.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "report/charts.hpp"
#include "report/planted_report.hpp"

namespace {

using namespace miura::report;
using nlohmann::json;

bool holds(const std::string& page, std::string_view words) { return page.find(words) != std::string::npos; }

TEST(Measures, AreOutcomesThatDifferBehindTheirLastUnderscore) {
  const auto measures = measures_of({"vegf_ischemia", "ido_activity", "vegf_normoxia", "yield"});
  ASSERT_EQ(std::ssize(measures), 3);
  EXPECT_EQ(measures[0].name, "vegf");
  ASSERT_EQ(std::ssize(measures[0].conditions), 2);
  EXPECT_EQ(measures[0].conditions[1].name, "normoxia");
  EXPECT_EQ(measures[0].conditions[1].outcome, 2u);
  EXPECT_EQ(measures[1].name, "ido_activity");  // alone, so the name stays whole
  EXPECT_EQ(measures[2].name, "yield");
}

TEST(LotsByOutcome, TrainFirstRisingAndUnknownLast) {
  StudyReport report;
  report.primary_outcome = "vegf";
  report.outcome_names = {"yield", "vegf"};
  report.outcomes = {{"A", "", "query", {1, 0}},
                     {"B", "", "train", {1, missing}},
                     {"C", "", "train", {1, 7}},
                     {"D", "", "train", {1, 5}}};
  std::string order;
  for (const auto* lot : lots_by_outcome(report)) order += lot->lot;
  EXPECT_EQ(order, "DCBA");
}

TEST(OutcomeChart, HasAMarkForEachConditionThatWasMeasured) {
  const auto report = planted::report(0.8);
  const auto measures = measures_of(report.outcome_names);
  std::map<std::string, std::set<std::string>> conditions;
  const auto spec = outcome_chart(report, measures[0]);
  for (const auto& mark : spec["data"]["values"]) {
    conditions[mark["lot"]].insert(mark["condition"].get<std::string>());
    EXPECT_LE(mark["low"], mark["value"]);
    EXPECT_GE(mark["high"], mark["value"]);
  }
  EXPECT_EQ(conditions["BM01"], (std::set<std::string>{"ischemia", "normoxia"}));
  EXPECT_EQ(conditions["AD21 (query)"], std::set<std::string>{"normoxia"});
  const auto alone = outcome_chart(report, measures[1]);
  EXPECT_EQ(alone["data"]["values"].size(), planted::n_lots);  // one unknown, one of AD21
}

TEST(ShareChart, TakesMappedLotsFromTheirOwnComposition) {
  const auto report = planted::report(0.8);
  std::map<std::string, double> share;
  const auto spec = share_chart(report, "3");
  for (const auto& bar : spec["data"]["values"]) share[bar["lot"]] = bar["share"];
  EXPECT_EQ(std::ssize(share), static_cast<std::ptrdiff_t>(planted::n_lots) + 2);
  EXPECT_EQ(share["BM01"], report.composition.share(0, 3));
  EXPECT_EQ(share["BM12 (test)"], 80.0 / 380);
}

TEST(NullChart, HasBothChancesOfEachTestAndTheObservedOne) {
  const auto report = planted::report(0.8);
  const auto spec = null_chart(report, planted::outcome_names[0]);
  ASSERT_EQ(spec["data"]["values"].size(), 2 * planted::n_clusters);
  std::map<double, std::map<std::string, double>> p;
  for (const auto& mark : spec["data"]["values"]) p[mark["rho"]][mark["null"]] = mark["p"];
  for (const auto& [rho, of] : p) EXPECT_LE(of.at("this test alone"), of.at("the best of all 7 tests")) << rho;
  double largest = 0;
  for (const auto& row : report.association)
    if (row.outcome == planted::outcome_names[0]) largest = std::max(largest, std::abs(row.rho));
  EXPECT_TRUE(holds(spec.dump(), "observed: cluster 3"));
  EXPECT_EQ(p.rbegin()->first, largest);
  EXPECT_TRUE(null_chart(report, "no such outcome").is_null());
}

TEST(NullChart, OfAOneSidedTestIsNotFoldedOver) {
  auto report = planted::report(0.8);
  for (auto& row : report.association) row.flags = "ONE_SIDED_LESS";
  double least = 1;
  const auto spec = null_chart(report, planted::outcome_names[0]);
  for (const auto& mark : spec["data"]["values"]) least = std::min(least, mark["rho"].get<double>());
  EXPECT_LT(least, -0.5);  // the planted rho of cluster 3 is on the other side
}

TEST(ClusterScatter, HasEveryLotOfEveryClusterAndTheNumbersOfItsTestOnce) {
  const auto report = planted::report(0.8);
  std::map<std::string, int> points, words;
  const auto spec = cluster_scatter_chart(report, "3");
  for (const auto& point : spec["data"]["values"]) {
    ++points[point["cluster"]];
    words[point["cluster"]] += point.contains("words");
  }
  EXPECT_EQ(points.size(), planted::n_clusters);
  for (const auto& [cluster, n] : points) {
    EXPECT_EQ(n, static_cast<int>(planted::n_lots)) << cluster;
    EXPECT_EQ(words[cluster], 1) << cluster;
  }
}

TEST(TestText, SaysRhoIntervalAndBothP) {
  AssociationRow row;
  row.rho = 0.87;
  row.ci_lo = 0.41;
  row.ci_hi = 0.98;
  row.p_exact = 0.0004;
  row.p_step = 0.012;
  EXPECT_EQ(test_text(row, 0.05), "rho 0.87 (95 % interval 0.41 to 0.98), p = 0.0004 alone, 0.012 family-wise");
}

TEST(Page, ShowsWhatLotsDoAndWhatChanceGives) {
  const auto page = render_html(planted::report(0.8));
  for (const auto* chart : {"outcome-0-spec", "outcome-1-spec", "share-spec", "null-0-spec", "any-cluster-spec"})
    EXPECT_TRUE(holds(page, std::string("data-spec=\"") + chart)) << chart;
  EXPECT_TRUE(holds(page, "<code class=\"digest\">" + std::string(64, 'a')));
  EXPECT_TRUE(holds(page, "In one paragraph, for a paper"));
  EXPECT_TRUE(holds(page, "Quality control: Cells with fewer than 500 counts"));
  StudyReport bare;
  EXPECT_FALSE(holds(render_html(bare), "What the lots do"));
}

/// A study of so many lots, of two clusters each, with rising outcomes.
StudyReport report_of_lots(std::size_t n) {
  StudyReport report;
  report.primary_outcome = "vegf";
  report.outcome_names = {"vegf"};
  report.composition = {.partition = "resolution 1, seed 0", .lots = {}, .clusters = {"0", "1"}, .cells = {}};
  Scatter scatter{report.composition.partition, "0", "vegf", {}};
  for (std::size_t l = 0; l < n; ++l) {
    const auto name = "lot" + std::to_string(l);
    const auto value = static_cast<double>(l);
    report.lots.push_back({name, "BM", "train", 3, 2, {}, missing, missing});
    report.outcomes.push_back({name, "BM", "train", {value}});
    report.composition.lots.push_back(name);
    report.composition.cells.insert(report.composition.cells.end(), {1, 1});
    report.primary_value.push_back(value);
    report.mapped_lots.push_back({"new" + name, "AD", "query", 5, 0, 0, missing, missing, false, "OK"});
    report.source_markers.lots.push_back({"CD24", name, "query", "AD", 0.5, 0.25});
    scatter.points.push_back({name, "BM", 0.5, value});
  }
  report.scatter = {scatter};
  report.source_markers.rows.push_back({"CD24", "query", "AD", "all"});
  return report;
}

std::set<std::string> lots_of(const json& spec) {
  std::set<std::string> lots;
  for (const auto& row : spec["data"]["values"]) lots.insert(row["lot"].get<std::string>());
  return lots;
}

TEST(Page, OfVeryManyLotsShowsSomeEvenlyAndSaysSo) {
  constexpr std::size_t n = 100'000;
  const auto report = report_of_lots(n);
  const auto composition = composition_chart(report.composition, report.primary_value, "vegf");
  for (const auto& spec : {composition, outcome_chart(report, measures_of(report.outcome_names)[0])}) {
    const auto lots = lots_of(spec);
    EXPECT_EQ(lots.size(), 500u);
    EXPECT_TRUE(lots.contains("lot0") && lots.contains("lot99999"));
    std::map<std::size_t, int> in_tenth;
    for (const auto& lot : lots) ++in_tenth[std::stoul(lot.substr(3)) / (n / 10)];
    for (const auto& [tenth, number] : in_tenth) EXPECT_NEAR(number, 50, 1) << tenth;
  }
  EXPECT_EQ(lots_of(scatter_chart(report.scatter.front())).size(), 2000u);
  EXPECT_EQ(lots_of(high_cells_chart(report.source_markers, "CD24")).size(), 2000u);
  const auto page = render_html(report);
  EXPECT_LT(page.size(), 5'000'000u);
  for (const auto* words : {"Shown are 500 of 100,000 lots, evenly along this order; all are in tables/lots.tsv.",
                            "all are in tables/outcomes.tsv.", "all are in tables/composition.tsv.",
                            "all are in tables/mapped_lots.tsv.", "all are in tables/source_marker_lots.tsv.",
                            "Shown are 2,000 of 100,000 lots", "300,000", "200,000"})  // the last are of all lots
    EXPECT_TRUE(holds(page, words)) << words;
}

TEST(Page, OfSomeLotsShowsAll) {
  const auto report = report_of_lots(500);
  EXPECT_EQ(lots_of(composition_chart(report.composition, report.primary_value, "vegf")).size(), 500u);
  EXPECT_FALSE(holds(render_html(report), "Shown are"));
}

}  // namespace
