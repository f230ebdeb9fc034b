#include "miura/report/study_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "report/charts.hpp"
#include "report/contrast_genes.hpp"
#include "report/embedded.hpp"
#include "report/html.hpp"
#include "report/label_places.hpp"
#include "report/planted_report.hpp"
#include "report/ranked_sets.hpp"

namespace {

using namespace miura::report;

bool holds(const std::string& page, std::string_view words) { return page.find(words) != std::string::npos; }

std::int64_t occurrences(const std::string& page, std::string_view words) {
  std::int64_t n = 0;
  for (auto at = page.find(words); at != std::string::npos; at = page.find(words, at + 1)) ++n;
  return n;
}

/// The page before the chart library, whose own code may hold any word.
std::string own_part(const std::string& page) { return page.substr(0, page.find("<script>\n")); }

/// A page of a study whose lots all train.
StudyReport without_mapped_lots(StudyReport report) {
  report.mapped_lots.clear();
  report.mapped_composition = {};
  report.replication.clear();
  report.replication_scatter.clear();
  report.source_markers = {};
  return report;
}

TEST(Page, HasTheSameBytesForTheSameStudy) {
  EXPECT_EQ(render_html(planted::report(0.8)), render_html(planted::report(0.8)));
}

TEST(Page, CarriesTheChartLibraryAndLoadsNothing) {
  const auto page = render_html(planted::report(0.8));
  EXPECT_TRUE(holds(page, vega_js()));
  EXPECT_GT(vega_js().size(), 500'000u);
  EXPECT_TRUE(holds(page, page_css()));
  EXPECT_FALSE(holds(own_part(page), "<link"));
  EXPECT_FALSE(holds(own_part(page), "src=\""));
}

TEST(Page, SaysEveryNumberInTablesToo) {
  const auto report = planted::report(0.8);
  const auto tables = own_part(render_html(without_mapped_lots(report)));
  EXPECT_TRUE(holds(tables, "<th scope=\"row\" class=\"text\">BM03</th>"));
  // vegf_ischemia and vegf_normoxia of cluster 3, and the former without cycling cells
  EXPECT_EQ(occurrences(tables, "<tr class=\"declared\">"), 3);
  EXPECT_TRUE(holds(tables, "<small>" + std::to_string(report.composition.count(10, 6)) + "</small>"));
  EXPECT_TRUE(holds(tables, "Cluster 3 goes with vegf_ischemia"));
}

TEST(Page, LetsNoNameEscapeItsElement) {
  const auto plain = own_part(render_html(planted::report(0.8)));
  const auto hostile = own_part(render_html(planted::hostile_report()));
  // one more: the outcome renamed is no condition of another any more, and has a figure of its own
  EXPECT_EQ(occurrences(hostile, "<script"), occurrences(plain, "<script") + 1);
  EXPECT_FALSE(holds(hostile, "<script>document"));
  EXPECT_FALSE(holds(hostile, "<b>"));
  EXPECT_FALSE(holds(hostile, "\xff"));
  EXPECT_TRUE(holds(hostile, "&lt;/script&gt;&lt;script&gt;document.body.innerHTML=&#39;broken&#39;"));
  EXPECT_TRUE(holds(hostile, "\\u003c/script\\u003e"));
}

TEST(Page, OfAStudyWithoutAnythingIsStillAPage) {
  const auto page = own_part(render_html({}));
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
  EXPECT_TRUE(holds(page, "No outcome was named"));
  EXPECT_FALSE(holds(page, "<table>"));
}

TEST(Page, ShowsAnEmptyLotWithoutShares) {
  auto report = planted::report(0.8);
  for (std::size_t c = 0; c < planted::n_clusters; ++c) report.composition.cells[c] = 0;
  EXPECT_TRUE(std::isnan(report.composition.share(0, 0)));
  EXPECT_EQ(occurrences(own_part(render_html(report)), ">\u2013 <small>0</small>"),
            std::ssize(report.composition.clusters));
}

TEST(Text, IsEscapedAndValidUtf8) {
  EXPECT_EQ(text("a<b>&\"'").markup, "a&lt;b&gt;&amp;&quot;&#39;");
  EXPECT_EQ(text("tab\there\x01").markup, "tab here ");
  EXPECT_EQ(text("µg \xff").markup, "µg \uFFFD");
}

TEST(RawElement, RefusesContentThatWouldEndIt) {
  EXPECT_THROW(raw_element("script", "a = '</SCRIPT>'"), std::logic_error);
  EXPECT_THROW(raw_element("script", "<!-- <script>"), std::logic_error);
  EXPECT_NO_THROW(raw_element("style", "p > a {}"));
}

TEST(LotsInOrder, RiseWithTheOutcomeAndPutUnknownOnesLast) {
  Composition composition;
  composition.lots = {"a", "b", "c", "d"};
  EXPECT_EQ(lots_in_order(composition, {}), (std::vector<std::size_t>{0, 1, 2, 3}));
  EXPECT_EQ(lots_in_order(composition, {3, missing, 1, missing}), (std::vector<std::size_t>{2, 0, 1, 3}));
}

TEST(AssociationChart, FillsOnlyWhatIsDeclared) {
  const auto spec = association_chart(planted::report(0.8), "vegf_ischemia");
  const auto& rows = spec["data"]["values"];
  ASSERT_EQ(rows.size(), planted::n_clusters);
  for (const auto& row : rows) EXPECT_EQ(row["declared"].get<bool>(), row["cluster"] == "3") << row;
}

TEST(AssociationChart, ShowsTheStrongestOfOtherPartitionsToo) {
  auto report = planted::report(0.8);
  for (int c = 0; c < 30; ++c) {
    auto row = report.association[0];
    row.partition = "resolution 2, seed 1";
    row.cluster = std::to_string(c);
    row.rho = c == 17 ? -0.99 : 0.01 * c;
    report.association.push_back(row);
  }
  const auto rows = association_chart(report, "vegf_ischemia")["data"]["values"];
  EXPECT_EQ(rows.size(), planted::n_clusters + 8);
  EXPECT_EQ(rows[planted::n_clusters]["cluster"], "17 of resolution 2, seed 1");
}

TEST(CompositionChart, FillsEachBar) {
  const auto report = planted::report(0.8);
  double total = 0;
  const auto spec = composition_chart(report.composition);
  for (const auto& segment : spec["data"]["values"]) total += segment["share"].get<double>();
  EXPECT_NEAR(total, static_cast<double>(planted::n_lots), 1e-12);
}

TEST(DotPlot, ShowsEveryGeneInEveryClusterAndRingsItsOwn) {
  auto report = planted::report(0.8);
  const auto spec = dot_plot(report);
  const auto& dots = spec["data"]["values"];
  ASSERT_EQ(dots.size(), 2 * planted::n_clusters * planted::n_clusters);
  for (const auto& dot : dots) EXPECT_EQ(dot["own"].get<bool>(), dot["marker_of"] == dot["cluster"]) << dot;
  report.marker_dots[0].share = missing;  // a cluster without cells
  EXPECT_EQ(dot_plot(report)["data"]["values"].size(), dots.size() - 1);
}

TEST(Page, TellsWhatOtherMoleculesSayOfClustersOnlyWhereCountsWereSplit) {
  auto report = planted::report(0.8);
  const auto page = own_part(render_html(report));
  EXPECT_TRUE(holds(page, "id=\"count-splitting\""));
  EXPECT_EQ(occurrences(page,
                        "Of 3 clusters formed anew on a part of the molecules, 1 has no gene that differs on the "
                        "others (FDR 0.05): split 1, as clusters of noise would."),
            2);  // at the top too
  EXPECT_TRUE(holds(page, "tables/markers_split.tsv"));
  report.split_clusters[1].n_down = 1;
  EXPECT_TRUE(holds(own_part(render_html(report)), "every one has genes that differ on the others"));
  report.split_clusters.clear();
  const auto unsplit = own_part(render_html(report));
  EXPECT_FALSE(holds(unsplit, "count-splitting"));
  EXPECT_FALSE(holds(unsplit, "formed anew"));
}

TEST(SplitChart, PutsGenesOnOtherMoleculesBesideThoseOnOwnOnes) {
  const auto report = planted::report(0.8);
  const auto bars = split_chart(report)["data"]["values"];
  ASSERT_EQ(bars.size(), 2 * report.split_clusters.size());
  EXPECT_EQ(bars[0]["genes"], 240 + 198);
  EXPECT_EQ(bars[1]["genes"], 310 + 250);
  EXPECT_EQ(bars[0]["cluster"], "split 0, like 0 (0.91)");
  EXPECT_EQ(bars[4]["cluster"], "split 2, like \u2013");
}

TEST(ContrastChart, DrawsABarToTheCautiousEndAndADotAtTheMean) {
  const auto rows = planted::report(0.8).conditions.genes;
  const auto spec = contrast_chart(rows, {"cells", "all", "higher in A", "higher in B", "donors"});
  const auto& drawn = spec["data"]["values"];
  ASSERT_EQ(drawn.size(), rows.size());
  EXPECT_EQ(drawn[0]["least"].get<double>(), 2.75);
  EXPECT_EQ(drawn[0]["value"].get<double>(), 3.5);
  EXPECT_EQ(drawn[1]["least"].get<double>(), 0);
  EXPECT_EQ(drawn[2]["which"], "higher in B");
  EXPECT_EQ(drawn[2]["lots"], "8 of 8");
  EXPECT_EQ(spec["params"][0]["bind"]["options"], (nlohmann::json{"all", "3"}));
  EXPECT_EQ(drawn[0]["gene"], "VEGFA");
  EXPECT_EQ(drawn[3]["gene"], "VEGFA ENSGVEGFA");  // twice in cluster 3: two genes of one symbol
}

TEST(RankedSetsChart, GoesRightForUpAndIsPaleWhereLotsDoNotBearItOut) {
  const auto rows = planted::report(0.8).cluster_sets;
  const auto spec = ranked_sets_chart(rows, {.label = "cluster", .shown = "3", .up = "higher", .down = "lower"});
  const auto& bars = spec["data"]["values"];
  ASSERT_EQ(bars.size(), rows.size());
  for (const auto& bar : bars) {
    EXPECT_EQ(bar["value"].get<double>() > 0, bar["which"] == "higher") << bar;
    EXPECT_EQ(bar["found"].get<bool>(),
              bar["set"] == "oxidative phosphorylation" || bar["set"] == "extracellular matrix organization")
        << bar;
  }
  EXPECT_EQ(bars[0]["value"].get<double>(), 1.75);  // of permuted genes
  const auto by_lots = ranked_sets_chart(
      rows, {.label = "cluster", .shown = "3", .up = "a", .down = "b", .nes = &RankedSetRow::nes_lots});
  EXPECT_NEAR(by_lots["data"]["values"][0]["value"].get<double>(), 0.75 * 1.75, 1e-3);
  EXPECT_EQ(spec["params"][0]["bind"]["options"], (nlohmann::json{"3", "0"}));
}

TEST(Page, SaysWhichSetsLeadInTheDeclaredClusterAndBetweenConditions) {
  auto report = planted::report(0.8);
  const auto top = [](const StudyReport& r) {
    const auto page = own_part(render_html(r));
    return page.substr(0, page.find("<nav"));
  };
  EXPECT_TRUE(
      holds(top(report),
            "Gene sets in cluster 3: \u201coxidative phosphorylation\u201d is foremost of those that are higher "
            "and \u201cextracellular matrix organization\u201d is foremost of those that are lower."));
  EXPECT_TRUE(holds(top(report),
                    "Between ischemia and normoxia of the same 8 donors, all cells together: VEGFA is most "
                    "clearly higher in ischemia; COL1A1 is most clearly higher in normoxia. "));
  EXPECT_TRUE(holds(top(report),
                    "Gene sets: \u201coxidative phosphorylation\u201d is foremost of those higher in ischemia and "));
  for (auto* sets : {&report.cluster_sets, &report.conditions.sets})
    for (auto& row : *sets) row.fdr_lots = 0.2;
  EXPECT_FALSE(holds(top(report), "Gene sets"));
  EXPECT_TRUE(holds(top(report), "COL1A1 is most clearly higher in normoxia."));
  report.conditions = {};
  EXPECT_FALSE(holds(own_part(render_html(report)), "id=\"conditions\""));
}

TEST(Page, SaysWhereDonorsAreTooFewForAnyProof) {
  auto report = planted::report(0.8);
  EXPECT_FALSE(holds(own_part(render_html(report)), "not a proof"));
  for (auto& row : report.conditions.genes) row.p_min = 0.125;
  EXPECT_TRUE(holds(own_part(render_html(report)), "no p, of a gene or a set, is below 0.12"));
}

TEST(Provenance, NamesEveryInput) {
  auto report = planted::report(0.8);
  const auto page = own_part(render_html(report));
  EXPECT_TRUE(holds(page, "<code>/work/study/data/BM02/matrix.mtx.gz</code>"));
  EXPECT_TRUE(holds(page, std::string(64, 'c')));
  EXPECT_TRUE(holds(page, std::string(64, 'e')));
  EXPECT_FALSE(holds(page, "input files and their SHA-256"));  // few: shown at once
  report.inputs.clear();
  EXPECT_FALSE(holds(own_part(render_html(report)), "id=\"provenance\""));
}

TEST(Provenance, FoldsManyFilesAway) {
  auto report = planted::report(0.8);
  report.inputs.clear();
  for (int i = 0; i < 1000; ++i) report.inputs.push_back({"/a/lot" + std::to_string(i) + "/x", std::string(64, 'f')});
  const auto page = own_part(render_html(report));
  EXPECT_TRUE(
      holds(page, "<details class=\"long screen-only\"><summary>1,000 input files and their SHA-256</summary>"));
}

TEST(DotPlot, KeepsTwoGenesOfOneSymbolApart) {
  auto report = planted::report(0.8);
  for (auto& dot : report.marker_dots)
    if (dot.gene == "GENE1A") dot.gene = "GENE0A";
  const auto rows = dot_plot(report)["layer"][0]["encoding"]["y"]["sort"];
  EXPECT_EQ(rows[0], "GENE0A ENSGGENE0A");
  EXPECT_EQ(rows[2], "GENE0A ENSGGENE1A");
  EXPECT_EQ(rows[1], "GENE0B");
}

TEST(Bytes, StandInThePageAsBase64) {  // RFC 4648, section 10
  const auto coded = [](std::string_view plain) {
    const std::vector<std::uint8_t> bytes(plain.begin(), plain.end());
    const auto markup = bytes_element("b", bytes).markup;
    const auto from = markup.find('>') + 1;
    return markup.substr(from, markup.find('<', from) - from);
  };
  EXPECT_EQ(coded(""), "");
  EXPECT_EQ(coded("f"), "Zg==");
  EXPECT_EQ(coded("fo"), "Zm8=");
  EXPECT_EQ(coded("foo"), "Zm9v");
  EXPECT_EQ(coded("foobar"), "Zm9vYmFy");
  EXPECT_EQ(coded("\xff\xfb\xef"), "//vv");
}

TEST(CellMap, TakesFiveBytesACellAndOneAGene) {
  auto report = planted::report(0.8);
  const auto size = [&] { return std::ssize(own_part(render_html(report))); };
  const auto before = size();
  auto& map = report.cell_map;
  constexpr std::size_t more = 300'000;
  map.x.resize(map.x.size() + more);
  map.y.resize(map.x.size());
  map.cluster.resize(map.x.size());
  for (auto& gene : map.genes) gene.level.resize(map.x.size());
  map.lots.back().cells += more;
  EXPECT_NEAR(static_cast<double>(size() - before), 4.0 / 3 * (5 + 2) * more, 100.0);
}

TEST(CellMap, IsLeftOutWhereCellsWereNotLaidOut) {
  auto report = planted::report(0.8);
  EXPECT_TRUE(holds(own_part(render_html(report)), "data-cells=\"umap\""));
  report.cell_map = {};
  EXPECT_FALSE(holds(own_part(render_html(report)), "umap-x"));
}

TEST(Volcano, BeginsWithTheClusterOfTheStrongestTestAndNamesGenesThatLotsAgreeOn) {
  const auto report = planted::report(0.8);
  EXPECT_EQ(cluster_of_claim(report), "3");
  const auto spec = volcano_chart(report, cluster_of_claim(report));
  EXPECT_EQ(spec["params"][0]["value"], "3");
  const auto& points = spec["data"]["values"];
  ASSERT_EQ(points.size(), report.volcano.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    EXPECT_EQ(points[i].value("named", false), report.volcano[i].lots_agree);  // few enough to name them all
    EXPECT_EQ(points[i]["p"].get<double>(), -report.volcano[i].log10_p);
  }
}

TEST(GeneSets, GoUpToTheRightAndDownToTheLeftAndArePaleAboveFivePerCent) {
  const auto report = planted::report(0.8);
  const auto bars = enrichment_chart(report, "0")["data"]["values"];
  ASSERT_EQ(bars.size(), report.enrichment.size());
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const auto& row = report.enrichment[i];
    EXPECT_EQ(bars[i]["value"].get<double>(), row.direction == "up" ? -row.log10_fdr : row.log10_fdr);
    EXPECT_EQ(bars[i]["found"].get<bool>(), row.log10_fdr < -1.31);
    EXPECT_EQ(bars[i]["set"], row.set == "ECM" ? row.set : row.description);  // an address describes nothing
  }
}

TEST(StabilityChart, DrawsAPointForEachClusterAndNumberOfLots) {
  auto report = planted::report(0.8);
  EXPECT_EQ(stability_chart(report)["data"]["values"].size(), 5 * planted::n_clusters);
  report.stability[0].by_lots[0].jaccard = missing;
  EXPECT_EQ(stability_chart(report)["data"]["values"].size(), 5 * planted::n_clusters - 1);
}

TEST(Page, SaysWhichClustersNeverHoldStill) {
  const auto page = own_part(render_html(planted::report(0.8)));
  EXPECT_EQ(occurrences(page, ">more than 10<"), 2);
  auto report = planted::report(0.8);
  for (auto& row : report.stability) row.by_lots.clear();  // a study of one lot
  EXPECT_FALSE(holds(own_part(render_html(report)), "id=\"stability-spec\""));
}

TEST(Page, WarnsOfWhatGoesWithTheOutcomeBesides) {
  const auto page = own_part(render_html(planted::report(0.8)));
  const auto at = page.find("<section id=\"confounders\">");
  EXPECT_EQ(occurrences(page.substr(at, page.find("</section>", at) - at), "<tr class=\"warning\">"), 1);
  EXPECT_TRUE(holds(page, "Of 2 tests 1 lies below p = 0.05"));
  EXPECT_TRUE(holds(page, "CONSTANT_FEATURE"));
}

TEST(Page, ShowsEachClusterWithAndWithoutIntegration) {
  auto report = planted::report(0.8);
  const auto page = own_part(render_html(report));
  EXPECT_TRUE(
      holds(page, "integrated by chemistry against without integration: adjusted Rand index of the labels 0.87."));
  EXPECT_EQ(occurrences(page, ">-0.12</td>"), static_cast<std::ptrdiff_t>(planted::n_clusters));
  EXPECT_TRUE(holds(page, "p, family-wise, without integration"));
  for (auto& row : report.integration) row.outcome.clear();  // a study without outcomes
  const auto untested = own_part(render_html(report));
  EXPECT_TRUE(holds(untested, "Each cluster integrated by chemistry and without integration</caption>"));
  EXPECT_FALSE(holds(untested, "p, family-wise, without integration"));
  report.integration.clear();
  EXPECT_FALSE(holds(own_part(render_html(report)), "id=\"integration\""));
}

TEST(Page, SaysWhatIsLeftWithoutCyclingCells) {
  auto report = planted::report(0.8);
  const auto page = own_part(render_html(report));
  EXPECT_TRUE(holds(page, "19.0 % of all cells are in the S or G2/M phase"));
  EXPECT_TRUE(holds(page, "the largest share in cluster 6 (96.0 %)"));
  EXPECT_TRUE(holds(page, "noise gives to about a third of the cells that do not cycle"));
  EXPECT_TRUE(holds(page, "the largest share in cluster 5 (21.0 %)"));
  EXPECT_TRUE(holds(page,
                    "rho 0.93 with all cells, 0.88 without those that cycle; family-wise p 0.0021 and 0.012. The "
                    "finding does not hang on the cell cycle."));
  EXPECT_TRUE(holds(page, "CONSTANT_FEATURE, excluding"));
  EXPECT_FALSE(holds(page, "no cell is left"));
  report.without_cycling[3].declared_without = false;
  EXPECT_TRUE(holds(own_part(render_html(report)), "The finding is not declared without them"));
  report.without_cycling[3].declared = false;
  report.without_cycling[6].share_cycling = 1;
  const auto changed = own_part(render_html(report));
  EXPECT_TRUE(holds(changed, "No primary test was declared with all cells."));
  EXPECT_TRUE(holds(changed, "no cell is left"));
}

TEST(Page, SaysWhyTheCellCycleWasNotScored) {
  auto report = planted::report(0.8);
  report.without_cycle = "the study has 3 genes of the S and 2 of the G2/M phase, fewer than 10";
  report.without_cycling.clear();
  const auto page = own_part(render_html(report));
  EXPECT_TRUE(holds(page, "No scores of the cell cycle: the study has 3 genes"));
  EXPECT_FALSE(holds(page, "phases-spec"));
  report.cell_states.clear();
  EXPECT_FALSE(holds(own_part(render_html(report)), "id=\"cell-states\""));
}

TEST(PhaseChart, FillsEachBar) {
  const auto spec = phase_chart(planted::report(0.8));
  std::map<std::string, double> end;
  for (const auto& bar : spec["data"]["values"])
    end[bar["cluster"]] = std::max(end[bar["cluster"]], bar["to"].get<double>());
  EXPECT_EQ(std::ssize(end), 8);
  for (const auto& [cluster, to] : end) EXPECT_NEAR(to, 1, 1e-12);
}

TEST(Page, AnswersWithoutClustersForThePrimaryOutcome) {
  const auto page = own_part(render_html(planted::report(0.8)));
  EXPECT_TRUE(
      holds(page, "For vegf_ischemia: p = 0.01 over all neighborhoods; with the clusters in one test p = 0.015."));
}

TEST(ShortLabel, CutsTheMiddleOfLongNamesBetweenLetters) {
  EXPECT_EQ(short_label("BM01"), "BM01");
  EXPECT_EQ(short_label("a name of 16 let"), "a name of 16 let");
  EXPECT_EQ(short_label("MesenchymalStromalCells_batch17_BM02"), "Mesench\u2026h17_BM02");
  const std::string japanese = "\u9aa8\u9ac4\u7531\u6765\u9593\u8449\u7cfb\u5e79\u7d30\u80de\u30ed\u30c3\u30c8";
  EXPECT_EQ(short_label(japanese), japanese);  // 13 letters
  EXPECT_EQ(short_label(japanese + "BM01"),
            "\u9aa8\u9ac4\u7531\u6765\u9593\u8449\u7cfb\u2026\u80de\u30ed\u30c3\u30c8"
            "BM01");
}

TEST(ScatterChart, NamesEveryLotInOneLayerAndLeavesNoneWithoutRows) {
  auto scatter = planted::report(0.8).scatter[0];
  scatter.points[0].lot = "MesenchymalStromalCells_batch17_BM02";
  const auto spec = scatter_chart(scatter);
  EXPECT_EQ(spec["data"]["values"][0]["label"], "Mesench\u2026h17_BM02");
  EXPECT_EQ(spec["data"]["values"][0]["lot"], scatter.points[0].lot);
  for (const auto& layer : spec["layer"]) EXPECT_FALSE(layer.contains("transform")) << layer;
}

TEST(LabelPlaces, KeepTwoCloseNamesApart) {
  const Scatter scatter{
      "", "", "", {{"BM01", "", 0, 0}, {"BM02", "", 0.50, 1}, {"BM03", "", 0.52, 1}, {"BM04", "", 1, 9}}};
  const auto place = label_places(scatter);
  EXPECT_STREQ(word_of(place[0]), "right");
  EXPECT_STREQ(word_of(place[1]), "left");  // at the right is the other point
  EXPECT_STREQ(word_of(place[2]), "right");
  EXPECT_STREQ(word_of(place[3]), "left");  // at the right the panel ends
}

}  // namespace
