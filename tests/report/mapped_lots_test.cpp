#include <gtest/gtest.h>

#include <map>
#include <string>

#include "miura/report/headline.hpp"
#include "miura/report/study_report.hpp"
#include "report/charts.hpp"
#include "report/mapped_words.hpp"
#include "report/planted_report.hpp"

namespace {

using namespace miura::report;

bool holds(const std::string& page, std::string_view words) { return page.find(words) != std::string::npos; }

/// A section of the page; empty where it is not.
std::string section(const std::string& page, const std::string& id) {
  const auto from = page.find("<section id=\"" + id + "\"");
  return from == std::string::npos ? std::string() : page.substr(from, page.find("</section>", from) - from);
}

const std::vector<std::string> all_sections{"mapped-lots", "other-lots", "source-markers"};

TEST(MappedLots, AreOnThePageWithTheirNumbers) {
  const auto lots = section(render_html(planted::report(0.8)), "mapped-lots");
  EXPECT_TRUE(holds(lots,
                    ">AD21</th><td class=\"text\">query</td><td class=\"text\">AD</td><td class=\"number\">250</td>"
                    "<td class=\"number\">15</td>"));
  EXPECT_TRUE(holds(lots, "style=\"--share:6.0%\">6.0 %</td><td class=\"number\">0.33</td>"));
  EXPECT_TRUE(holds(lots, ">BM02</th><td class=\"text\">train, held\u00a0out</td>"));
  EXPECT_TRUE(holds(lots, "With 2 held-out lots it cannot be smaller than 0.33."));
  EXPECT_TRUE(holds(lots, "11.1 % <small>25</small>"));  // cluster 3 in AD21
}

TEST(MappedLots, OfAnotherKindCannotBeOverlooked) {
  const auto report = planted::report(0.8);
  const auto page = render_html(report);
  EXPECT_TRUE(holds(section(page, "mapped-lots"), "<tr class=\"warning\"><th scope=\"row\" class=\"text\">PB01<"));
  for (const auto* place : {"finding", "warnings", "mapped-lots"})
    EXPECT_TRUE(holds(section(page, place), "1 lot does not belong to the reference: PB01.")) << place;
}

TEST(MappedLots, AreForeignWithoutAnchorsOrMostlyOutside) {
  MappedLotRow lot;
  EXPECT_FALSE(lot.is_foreign());  // a lot without cells
  lot.share_outside = 0.5;
  EXPECT_FALSE(lot.is_foreign());
  lot.share_outside = 0.51;
  EXPECT_TRUE(lot.is_foreign());
  lot = {.lot = {}, .source = {}, .role = {}, .share_outside = 0, .status = "NO_ANCHORS"};
  EXPECT_TRUE(lot.is_foreign());
}

TEST(MappedLots, LeaveNoSectionWhereThereAreNone) {
  const auto page = render_html({});
  for (const auto& id : all_sections) EXPECT_EQ(section(page, id), "") << id;
  EXPECT_EQ(warning_of_foreign_lots({}) + comparison_with_held_out({}) + words_on_replication({}), "");
}

TEST(OutsideChart, NamesMappedLotsBeyondTheFarthestHeldOutOne) {
  std::map<std::string, bool> named;
  const auto spec = outside_chart(planted::new_lots().mapped_lots);
  for (const auto& lot : spec["data"]["values"]) named[lot["lot"]] = lot["named"];
  EXPECT_EQ(named.size(), 7u);
  for (const auto& [lot, is_named] : named) EXPECT_EQ(is_named, lot == "AD21" || lot == "PB01") << lot;
}

TEST(Replication, NeedsLotsThatCanReachAlpha) {
  ReplicationRow row{.outcome = {}, .cluster = {}, .hypothesis = {}, .role = {}, .source = {}, .flags = {}};
  row.p_one_sided = 0.04;
  row.p_min_attainable = 0.01;
  EXPECT_EQ(replication_of(row, 0.05), Replication::replicated);
  EXPECT_EQ(replication_of(row, 0.03), Replication::not_replicated);
  EXPECT_EQ(replication_of(row, 0.005), Replication::too_few_lots);
  row.p_min_attainable = row.p_one_sided = missing;
  EXPECT_EQ(replication_of(row, 0.05), Replication::too_few_lots);
  row.status = "CONSTANT_OUTCOME";
  EXPECT_EQ(replication_of(row, 0.05), Replication::not_testable);
}

TEST(Replication, IsSaidInWordsAboveItsTable) {
  const auto report = planted::report(0.8);
  const auto words = words_on_replication(report);
  EXPECT_EQ(
      words,
      "In other lots, cluster 3 and vegf_ischemia (rho > 0 as in the training lots). Held out to confirm it: "
      "replicated "
      "in test lots of BM (4 lots, rho 1.00, one-sided p = 0.042). Other groups: too few lots to tell in query lots of "
      "AD (3 lots, smallest attainable p 0.17); cannot be tested in process lots of BM (4 lots). The same lots taken "
      "together, no evidence of their own: not replicated in all mapped lots (7 lots, rho 0.20, one-sided p = 0.31).");
  const auto page = render_html(report);
  EXPECT_TRUE(holds(section(page, "finding"), "too few lots to tell in query lots of AD"));
  const auto part = section(page, "other-lots");
  EXPECT_TRUE(holds(part, "<tr class=\"declared\"><th scope=\"row\" class=\"text\">test lots of BM<"));
  EXPECT_TRUE(holds(part, "<td class=\"text\">too few lots to tell</td>"));
  EXPECT_TRUE(holds(part, "id=\"replication-0-spec\""));
}

TEST(Replication, SaysWhereNoLotsWereHeldOut) {
  auto report = planted::report(0.8);
  std::erase_if(report.replication, [](const ReplicationRow& row) { return row.role == "test"; });
  EXPECT_TRUE(holds(words_on_replication(report), "No lots were held out to confirm it (role test)"));
}

TEST(Replication, OfGroupsTogetherStandsBelowThemUnmarked) {
  auto report = planted::report(0.8);
  report.replication[2].p_one_sided = 0.001;  // all mapped lots, before those of a process
  const auto part = section(render_html(report), "other-lots");
  EXPECT_TRUE(holds(part, "<tr><th scope=\"row\" class=\"text\">together: all mapped lots<"));
  EXPECT_LT(part.find(">process lots of BM<"), part.find("together: all mapped lots<"));
}

TEST(Replication, OfWhatTrainingLotsDoNotDeclareConfirmsNothing) {
  EXPECT_TRUE(holds(words_on_replication(planted::report(0)), "explores and confirms nothing"));
  EXPECT_FALSE(holds(words_on_replication(planted::report(0.8)), "confirms nothing"));
}

TEST(SourceMarkers, StandByGeneWithTheirTests) {
  const auto part = section(render_html(planted::report(0.8)), "source-markers");
  EXPECT_TRUE(holds(part, "style=\"--share:37.0%\">37.0 %</td>"));
  EXPECT_TRUE(holds(part, "2 tests over lots of LRRC75A"));  // the third has no p
  EXPECT_TRUE(holds(part, "<td class=\"number\">+29.0 %</td>"));
  EXPECT_TRUE(holds(part,
                    "<tr class=\"declared\"><th scope=\"row\" class=\"text\">query lots of AD</th>"
                    "<td class=\"text\">all cells</td><td class=\"text\">BM</td>"));
}

TEST(DensityChart, DrawsTheDeclaredClusterAboveAndOtherCellsBelow) {
  const auto chart = density_chart(planted::new_lots().source_markers, "LRRC75A");
  double highest = 0;
  for (const auto& point : chart["data"]["values"]) {
    const double height = point["to"].get<double>() - point["from"].get<double>();
    EXPECT_GE(point["kind"] == "cluster 3" ? -height : height, 0);
    EXPECT_EQ(point["silent"], "6.1 %");
    highest = std::max(highest, std::abs(height));
  }
  EXPECT_NEAR(highest, 0.44, 1e-12);
}

TEST(HighCellsChart, HasAMarkForEachLotThatHasCells) {
  const auto chart = high_cells_chart(planted::new_lots().source_markers, "LRRC75A");
  EXPECT_EQ(chart["data"]["values"].size(), 2u * (3 + 4));
}

TEST(NewLots, HaveAHeadlineOfTheirOwnAndNoEmptySection) {
  const auto report = planted::new_lots();
  const auto found = headline(report);
  EXPECT_EQ(found.claim,
            "1 of 5 new lots does not belong to the reference; 1,190 of 1,400 cells have a cluster (85.0 %).");
  EXPECT_FALSE(found.declared);
  const auto page = render_html(report);
  EXPECT_TRUE(holds(page, "<h1>Where the cells of new lots belong</h1>"));
  EXPECT_FALSE(holds(section(page, "finding"), "No outcome was named"));
  for (const auto& id : all_sections) EXPECT_NE(section(page, id), "") << id;
  for (const auto* id : {"association", "composition", "stability", "markers", "components"})
    EXPECT_EQ(section(page, id), "") << id;
  EXPECT_TRUE(holds(page, "<dd>1,190</dd><dt>cells assigned of 1,400</dt>"));
}

TEST(NewLots, ThatAllBelongAreSaidTo) {
  auto report = planted::new_lots();
  report.mapped_lots.pop_back();
  const auto found = headline(report);
  EXPECT_EQ(found.claim, "4 new lots are mapped onto the reference: 1,190 of 1,250 cells have a cluster (95.2 %).");
  EXPECT_EQ(
      found.caveats.front(),
      "Cells unlike all of the reference: at most 6.0 % of a mapped lot (AD21); at most 4.0 % of a training lot that "
      "was held out and mapped onto the others (BM02).");
}

}  // namespace
