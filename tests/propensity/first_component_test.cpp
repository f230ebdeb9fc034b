#include "miura/propensity/first_component.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "miura/input/delimited.hpp"
#include "miura/input/gene_map.hpp"
#include "miura/input/gene_table.hpp"
#include "miura/input/measurements.hpp"
#include "miura/normalize/measurements.hpp"

namespace {

using namespace miura;
using propensity::first_component;

matrix::Measurements table_of(std::vector<std::string> markers, const std::vector<std::vector<double>>& rows) {
  matrix::Measurements table{.feature = std::move(markers), .sample = {}, .value = {}};
  for (std::size_t l = 0; l < rows[0].size(); ++l) table.sample.push_back("line" + std::to_string(l));
  for (const auto& row : rows) table.value.insert(table.value.end(), row.begin(), row.end());
  return table;
}

TEST(FirstComponent, IsThatOfNumpyAndR) {
  std::ifstream file(std::filesystem::path(MIURA_TEST_DATA) / "propensity" / "golden_pc1.json");
  const auto golden = nlohmann::json::parse(file);
  const auto rows = golden["markers"].get<std::vector<std::vector<double>>>();
  std::vector<std::string> markers;
  for (std::size_t g = 0; g < rows.size(); ++g) markers.push_back("m" + std::to_string(g));
  const auto found = first_component(table_of(markers, rows), markers, {});
  EXPECT_EQ(found.component.status, "OK");
  const auto pc1 = golden["pc1"].get<std::vector<double>>();
  for (std::size_t l = 0; l < pc1.size(); ++l) EXPECT_NEAR(found.score[l], pc1[l], 1e-12 * 4.3) << l;
  EXPECT_EQ(found.rank, golden["rank"].get<std::vector<double>>());
  EXPECT_NEAR(found.component.variance_share, golden["var_explained"].get<double>(), 1e-12);
}

TEST(FirstComponent, OfIpsLinesIsThatOfNumpyAndR) {
  const auto folder = std::filesystem::path(MIURA_SHARED) / "golden" / "bulk";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared golden files";
  auto table = input::read_measurements(folder / "hipsci10" / "expr_10lines.tsv");
  normalize::log2_transform(table, {});
  std::map<std::string, std::pair<std::vector<double>, std::vector<double>>> golden;  // score and rank
  std::map<std::string, double> share;
  input::DelimitedText text({folder / "propensity" / "hipsci10_pc1_rank.tsv"});
  text.next();
  while (const auto row = text.next()) {
    const std::string germ((*row)[0]);
    golden[germ].first.push_back(*input::parse_number((*row)[3]));
    golden[germ].second.push_back(*input::parse_number((*row)[4]));
    share[germ] = *input::parse_number((*row)[5]);
  }
  ASSERT_EQ(golden.size(), 3U);
  for (const auto& [germ, values] : golden) {
    const auto markers =
        input::read_gene_list(folder / "propensity" / ("markers_" + germ + ".tsv"), input::GeneRow::name_first);
    const auto found = first_component(table, markers, {});
    for (std::size_t l = 0; l < values.first.size(); ++l)
      EXPECT_NEAR(found.score[l], values.first[l], 1e-10 * std::abs(values.first[l])) << germ << l;
    EXPECT_EQ(found.rank, values.second) << germ;
    EXPECT_NEAR(found.component.variance_share, share[germ], 1e-12) << germ;
  }
}

TEST(FirstComponent, GoesUpWithTheMeanOfItsMarkers) {
  // two markers that agree, one that is turned round: the majority gives the direction
  const auto table = table_of({"a", "b", "c"}, {{1, 2, 3, 4, 5}, {2, 4, 5, 8, 9}, {5, 4, 3, 2, 1.5}});
  const auto found = first_component(table, {"a", "b", "c"}, {});
  EXPECT_EQ(found.rank, (std::vector<double>{1, 2, 3, 4, 5}));
  EXPECT_GT(found.component.markers[0].loading, 0);
  EXPECT_LT(found.component.markers[2].loading, 0);
  EXPECT_GT(found.component.sign_correlation, 0.9);
}

TEST(FirstComponent, OfMarkersThatCancelHasAnUnstableSign) {
  const auto table = table_of({"a", "b"}, {{1, 2, 3, 4, 5.5}, {-1, -2, -3.1, -4, -5}});
  const auto found = first_component(table, {"a", "b"}, {.least_sign_correlation = 0.999});
  EXPECT_EQ(found.component.status, "UNSTABLE_SIGN");
}

TEST(FirstComponent, DoesNotCareForUnitsAndOrderOfMarkers) {
  const auto table = table_of({"a", "b", "c"}, {{1, 2.5, 3, 4, 5}, {2, 4, 5, 3, 9}, {1, 7, 3, 2, 8}});
  const auto scaled =
      table_of({"c", "a", "b"}, {{10, 70, 30, 20, 80}, {1001, 1002.5, 1003, 1004, 1005}, {2, 4, 5, 3, 9}});
  const auto one = first_component(table, {"a", "b", "c"}, {}), other = first_component(scaled, {"c", "b", "a"}, {});
  EXPECT_EQ(one.rank, other.rank);
  EXPECT_NEAR(one.component.variance_share, other.component.variance_share, 1e-12);
}

TEST(FirstComponent, LeavesOutMarkersThatSayNothingAndTellsWhy) {
  const double missing = std::numeric_limits<double>::quiet_NaN();
  const auto table =
      table_of({"a", "b", "flat", "holes"}, {{1, 2, 3, 4}, {2, 3, 4, 6}, {7, 7, 7, 7}, {1, missing, 2, 3}});
  const auto found = first_component(table, {"a", "flat", "holes", "absent", "b"}, {});
  std::vector<std::string> status;
  for (const auto& marker : found.component.markers) status.push_back(marker.status);
  EXPECT_EQ(status, (std::vector<std::string>{"OK", "CONSTANT_FEATURE", "MISSING_VALUES", "NOT_MEASURED", "OK"}));
  EXPECT_EQ(found.rank, (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(first_component(table, {"flat"}, {}).component.status, "NOT_TESTED");
  EXPECT_TRUE(std::isnan(first_component(table, {"flat"}, {}).score[0]));
}

TEST(FirstComponent, EqualLinesShareTheirRankAndFeaturesOfOneNameAreAveraged) {
  const auto table = table_of({"a", "b", "b"}, {{1, 2, 2, 4}, {1, 5, 5, 6}, {3, 5, 5, 8}});
  const auto found = first_component(table, {"a", "b"}, {});
  EXPECT_EQ(found.rank, (std::vector<double>{1, 2.5, 2.5, 4}));
  EXPECT_DOUBLE_EQ(found.component.markers[1].mean, (2 + 5 + 5 + 7) / 4.0);
}

TEST(FirstComponent, OfOneClearAxisSurvivesTheJackknifeAndOfNoiseDoesNot) {
  const auto clear = table_of({"a", "b", "c"}, {{1, 2, 3, 4, 5, 6}, {2, 3, 4, 5, 6, 7}, {1, 3, 4, 6, 8, 9}});
  EXPECT_EQ(first_component(clear, {"a", "b", "c"}, {}).jackknife_spearman, 1.0);
  const auto noise = table_of({"a", "b", "c"}, {{1, -1, 2, -2, 3, -3}, {1, 1, -2, 2, -1, -1}, {2, -2, -3, 3, 1, -1}});
  EXPECT_LT(first_component(noise, {"a", "b", "c"}, {}).jackknife_spearman, 0.9);
}

TEST(Project, GivesTheFittedLinesTheirOwnScores) {
  const auto table = table_of({"a", "b", "c"}, {{1, 2.5, 3, 4, 5}, {2, 4, 5, 3, 9}, {1, 7, 3, 2, 8}});
  const auto found = first_component(table, {"a", "b", "c"}, {});
  const auto again = propensity::project(found.component, table);
  for (std::size_t l = 0; l < again.size(); ++l) EXPECT_NEAR(again[l], found.score[l], 1e-12);
}

TEST(Project, CountsWhatWasNotMeasuredAsTheMeanOfTheFittedLines) {
  const auto table = table_of({"a", "b"}, {{1, 2, 3, 4, 6}, {2, 4, 5, 7, 9}});
  const auto found = first_component(table, {"a", "b"}, {});
  const auto lacking = propensity::project(found.component, table_of({"a"}, {{1, 2}}));
  const auto at_mean = propensity::project(
      found.component,
      table_of({"a", "b"}, {{1, 2}, {found.component.markers[1].mean, found.component.markers[1].mean}}));
  EXPECT_EQ(lacking, at_mean);
}

}  // namespace
