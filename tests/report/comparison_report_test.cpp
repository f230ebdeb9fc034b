#include "miura/report/comparison_report.hpp"

#include <gtest/gtest.h>

#include "report/planted_comparison.hpp"

namespace {

using namespace miura::report;

bool holds(const std::string& page, std::string_view words) { return page.find(words) != std::string::npos; }

/// The page before the chart library, whose own code may hold any word.
std::string own_part(const std::string& page) { return page.substr(0, page.find("<script>\n")); }

TEST(ComparisonPage, SaysVerdictsAndEveryNumberInTables) {
  const auto page = own_part(render_comparison(planted::comparison()));
  EXPECT_TRUE(holds(page, "similar in the observed attributes for wound"));
  EXPECT_TRUE(holds(page, "Deviations beyond chance: 1, of 2 looks at 1 lots."));
  for (const auto* number : {"-0.12", "-0.5 to 0.26", "1,500", "4.7 %", "38.0 %"})
    EXPECT_TRUE(holds(page, number)) << number;
  for (const auto* title : {"Comparability before and after the change", "Is a lot like the others",
                            "From claim to specification", "Margins that come from an outcome"})
    EXPECT_TRUE(holds(page, title)) << title;
  EXPECT_TRUE(holds(page, "class=\"finding\""));  // one use of two is not similar
}

TEST(ComparisonPage, CallsOutOnlyWhatIsEquivalentForAllUses) {
  auto report = planted::comparison();
  report.verdicts.pop_back();
  EXPECT_TRUE(holds(own_part(render_comparison(report)), "class=\"finding declared\""));
  report.verdicts.clear();
  EXPECT_FALSE(holds(own_part(render_comparison(report)), "class=\"finding declared\""));
}

TEST(ComparisonPage, OfNothingIsStillAPage) {
  const auto page = own_part(render_comparison({}));
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
  EXPECT_TRUE(holds(page, "No lot deviates beyond chance."));
  EXPECT_FALSE(holds(page, "<table>"));
}

TEST(ComparisonPage, LetsNoNameEscapeItsElement) {
  auto report = planted::comparison();
  report.endpoints[0].endpoint = report.deviations[0].lot = report.verdicts[0].text = "</script><script>alert(1)\xff";
  const auto page = own_part(render_comparison(report));
  EXPECT_FALSE(holds(page, "<script>alert"));
  EXPECT_FALSE(holds(page, "\xff"));
  EXPECT_TRUE(holds(page, "&lt;/script&gt;&lt;script&gt;alert(1)"));
}

}  // namespace
