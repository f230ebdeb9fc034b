#include "miura/report/mining_report.hpp"

#include <gtest/gtest.h>

#include "report/planted_mining.hpp"

namespace {

using namespace miura::report;

bool holds(const std::string& page, std::string_view words) { return page.find(words) != std::string::npos; }

/// The page before the chart library, whose own code may hold any word.
std::string own_part(const MiningReport& report) {
  const auto page = render_mining(report);
  return page.substr(0, page.find("<script>\n"));
}

/// What the card at the top says.
std::string card(const MiningReport& report) {
  const auto page = own_part(report);
  const auto from = page.find("id=\"finding\"");
  return page.substr(from, page.find("</section>", from) - from);
}

TEST(MiningPage, ConfirmsWhatTestLinesReplicateAndNothingElse) {
  const auto top = card(planted::mining());
  EXPECT_TRUE(holds(top, "Confirmed in other lines: SALL3 (switch)."));
  EXPECT_FALSE(holds(top, "GENE7"));
  EXPECT_TRUE(holds(top, "finding declared"));
}

TEST(MiningPage, PutsEveryCountBesideChance) {
  const auto top = card(planted::mining());
  EXPECT_TRUE(holds(top, "26 of 3,609; relabeled lines give 9.77 on average, 95 % of them at most 38 (p 0.1"));
  EXPECT_TRUE(holds(top, "no more than chance gives"));
  EXPECT_TRUE(holds(top, "15 of 26"));
}

TEST(MiningPage, SaysThatNothingIsConfirmedWhereNothingIs) {
  auto report = planted::mining();
  report.selections[0].replicated = false;
  EXPECT_TRUE(holds(card(report), "Nothing that the training lines select is confirmed in the test lines."));
  EXPECT_FALSE(holds(card(report), "declared"));
}

TEST(MiningPage, WithoutTestLinesClaimsACountAtMost) {
  auto report = planted::mining();
  report.selections.clear();
  std::erase_if(report.counts, [](const auto& count) { return count.kind == "replication"; });
  EXPECT_TRUE(holds(card(report), "No rule finds more than chance gives."));
  report.counts[2].p = 0.01;
  EXPECT_TRUE(holds(card(report), "More than chance gives for switch; which of these genes are true only other lines"));
  EXPECT_FALSE(holds(card(report), "declared"));
}

TEST(MiningPage, ShowsEveryPart) {
  const auto page = own_part(planted::mining());
  for (const auto* words :
       {"Intersections beside chance", "Hits of single outcomes", "In the test lines", "rank against rank",
        "Which line for which product", "From claim to specification", "Propensities and their markers",
        "Outcomes among themselves", "qpcr, suspension (train)", "74.6 %", "1 of 5, accepted", "8c0816211e7c89be",
        "both rho are of the term that is weakest in the test lines", "array/ecto:+"})
    EXPECT_TRUE(holds(page, words)) << words;
}

TEST(MiningPage, OfNothingIsStillAPage) {
  const auto page = own_part({});
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
  EXPECT_TRUE(holds(page, "No rule finds more than chance gives."));
  EXPECT_FALSE(holds(page, "<table>"));
}

TEST(MiningPage, LetsNoNameEscapeItsElement) {
  auto report = planted::mining();
  const std::string hostile = "</script><script>alert(1)\xff";
  report.counts[2].name = report.selections[0].gene = report.ranks[0].probe = report.markers[0].marker[0] = hostile;
  report.lines[0].line = report.propensities[0].points[0].line = report.outcome_pairs[0].first = hostile;
  report.selections[0].rule = hostile;
  const auto page = own_part(report);
  EXPECT_FALSE(holds(page, "<script>alert"));
  EXPECT_FALSE(holds(page, "\xff"));
  EXPECT_TRUE(holds(page, "&lt;/script&gt;&lt;script&gt;alert(1)"));
}

}  // namespace
