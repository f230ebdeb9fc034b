#include "miura/report/stored_report.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "report/planted_comparison.hpp"
#include "report/planted_evidence.hpp"
#include "report/planted_mining.hpp"
#include "report/planted_report.hpp"

namespace {

using namespace miura::report;

TEST(StoredReport, GivesTheSamePageAgain) {
  for (const double p : {0.8, 0.001}) {
    const auto report = planted::report(p);
    EXPECT_EQ(render_html(restored(stored(report))), render_html(report));
  }
  EXPECT_EQ(render_html(restored(stored(StudyReport{}))), render_html({}));
}

TEST(StoredReport, GivesEveryKindOfPageAgain) {
  EXPECT_EQ(render_stored(stored(planted::report(0.8))), render_html(planted::report(0.8)));
  EXPECT_EQ(render_stored(stored(planted::new_lots())), render_html(planted::new_lots()));
  EXPECT_EQ(render_stored(stored(planted::comparison())), render_comparison(planted::comparison()));
  EXPECT_EQ(render_stored(stored(planted::mining())), render_mining(planted::mining()));
  EXPECT_EQ(render_stored(stored(planted::two_groups())), render_differential(planted::two_groups()));
  EXPECT_EQ(render_stored(stored(planted::gene_sets())), render_enrichment(planted::gene_sets()));
  EXPECT_EQ(render_stored(stored(MiningReport{})), render_mining({}));
}

TEST(StoredReport, KeepsWhatAPlantedPageMayLack) {
  StudyReport report;
  report.study = "\u30ed\u30c3\u30c8 \xff";  // not all of it UTF-8
  report.cell_map.x = {0, 1, 65535};
  report.cell_map.genes = {{.gene = "COL1A1", .marker_of = "2", .largest = 3.5, .level = {0, 128, 255}}};
  report.volcano = {{.cluster = "1", .gene = "LRRC75A", .log2_fold = 1.5, .log10_p = missing, .lots_agree = true}};
  report.source_markers.density = {
      {.gene = "A", .role = "query", .source = "AD", .group = "all", .from = 0.5, .to = 1}};
  const auto again = restored(stored(report));
  EXPECT_EQ(again.study, report.study);
  EXPECT_EQ(again.cell_map.x, report.cell_map.x);
  EXPECT_EQ(again.cell_map.genes[0].level, report.cell_map.genes[0].level);
  EXPECT_TRUE(again.volcano[0].lots_agree);
  EXPECT_NE(again.volcano[0].log10_p, again.volcano[0].log10_p);  // NaN
  EXPECT_EQ(again.source_markers.density[0].from, 0.5);
  EXPECT_EQ(stored(again), stored(report));
}

TEST(StoredReport, TakesItsInputsLast) {
  const std::vector<NamedText> inputs{{"a.csv", "0123"}, {"b.csv", "4567"}};
  auto mining = planted::mining();
  const auto bytes = with_inputs(stored(mining), inputs);
  mining.inputs = inputs;
  EXPECT_EQ(bytes, stored(mining));
  auto sets = planted::gene_sets();
  sets.inputs = inputs;
  EXPECT_EQ(render_stored(with_inputs(stored(planted::gene_sets()), inputs)), render_enrichment(sets));
  EXPECT_NE(render_enrichment(sets).find("<code>b.csv</code>"), std::string::npos);
  EXPECT_THROW(with_inputs({}, inputs), std::invalid_argument);
}

TEST(Inputs, StandBelowTheFolderOfAll) {
  const auto names = [](std::vector<NamedText> files) {
    std::vector<std::string> all;
    for (const auto& [name, digest] : below_their_folder(std::move(files))) all.push_back(name + " " + digest);
    return all;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names({{"/a/b/one", "1"}, {"/a/bc/two", "2"}}), (Names{"b/one 1", "bc/two 2"}));  // no part of a name
  EXPECT_EQ(names({{"study/samples.csv", "1"}, {"study/data/x", "2"}}), (Names{"samples.csv 1", "data/x 2"}));
  EXPECT_EQ(names({{"samples.csv", "1"}, {"data/x", "2"}}), (Names{"samples.csv 1", "data/x 2"}));
  EXPECT_EQ(names({{"/one/alone", "1"}}), Names{"alone 1"});
  EXPECT_EQ(names({}), Names{});
}

TEST(StoredReport, RefusesWhatIsNone) {
  auto bytes = stored(planted::report(0.8));
  bytes.resize(bytes.size() / 2);
  EXPECT_THROW(restored(bytes), std::invalid_argument);
  EXPECT_THROW(restored({}), std::invalid_argument);
  EXPECT_THROW(restored(std::vector<std::uint8_t>{0xA0}), std::invalid_argument);
  EXPECT_THROW(restored(stored(planted::mining())), std::invalid_argument);
  EXPECT_THROW(render_stored(bytes), std::invalid_argument);
}

}  // namespace
