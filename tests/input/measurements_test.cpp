#include "miura/input/measurements.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "input/study_files.hpp"
#include "miura/input/gene_map.hpp"
#include "miura/input/gene_table.hpp"
#include "miura/input/outcome_sheet.hpp"

namespace {

using namespace miura;

class Tables : public testing::Test {
protected:
  matrix::Measurements read(const std::string& text) {
    return input::read_measurements(folder.write("table.tsv", text));
  }
  void refuses(const std::string& text, const std::vector<std::string>& why) {
    const auto path = folder.write("table.tsv", text);
    test::expect_refusal([&] { input::read_measurements(path); }, ExitCode::bad_input, why);
  }
  void refuses_sheet(const std::string& text, const std::vector<std::string>& why) {
    const auto path = folder.write("sheet.csv", text);
    test::expect_refusal([&] { input::survey_outcomes(path); }, ExitCode::bad_input, why);
  }
  test::SharedFolder folder;
};

TEST_F(Tables, HoldFeaturesInRowsAndMissingValuesAsNaN) {
  const auto table = read("feature\tS1\tS2\tS3\ng1\t1\t-2.5e3\tNA\ng 2\t\tNaN\t0\n");
  EXPECT_EQ(table.feature, (std::vector<std::string>{"g1", "g 2"}));
  EXPECT_EQ(table.sample, (std::vector<std::string>{"S1", "S2", "S3"}));
  EXPECT_EQ(table.of(0)[1], -2500.0);
  EXPECT_TRUE(std::isnan(table.of(0)[2]) && std::isnan(table.of(1)[0]) && std::isnan(table.of(1)[1]));
  EXPECT_EQ(table.of(1)[2], 0.0);
}

TEST_F(Tables, MayLackTheNameOfTheFirstColumn) {
  for (const auto* text : {"\tS1\tS2\ng\t1\t2\n", "S1\tS2\ng\t1\t2\n", "probe,S1,S2\ng,1,2\n"}) {
    const auto table = read(text);
    EXPECT_EQ(table.sample, (std::vector<std::string>{"S1", "S2"})) << text;
    EXPECT_EQ(table.value, (std::vector<double>{1, 2})) << text;
  }
}

TEST_F(Tables, MayBeGct) {
  for (const auto* text : {"#1.2\n2\t3\nNAME\tDescription\tS1\tS2\tS3\np1\ta, \"b\t1\t2\tNA\np2\t\t4\t5\t6\n",
                           "#1.2\t\t\t\t\n2\t3\t\t\t\nNAME\tDescription\tS1\tS2\tS3\np1\tx\t1\t2\t\np2\ty\t4\t5\t6\n",
                           "#1.3\n2\t3\t2\t1\nid\tgene\tchip\tS1\tS2\tS3\ntissue\tna\tna\tbone\tfat\tcord\n"
                           "p1\tA\tU133\t1\t2\tNaN\np2\tB\tU133\t4\t5\t6\n",
                           "#1.3\n2\t3\t0\t0\nid\tS1\tS2\tS3\np1\t1\t2\t\np2\t4\t5\t6\n"}) {
    const auto table = read(text);
    EXPECT_EQ(table.feature, (std::vector<std::string>{"p1", "p2"})) << text;
    EXPECT_EQ(table.sample, (std::vector<std::string>{"S1", "S2", "S3"})) << text;
    EXPECT_TRUE(std::isnan(table.of(0)[2])) << text;
    EXPECT_EQ(table.of(1)[2], 6.0) << text;
  }
  refuses("#1.2\n3\t2\nNAME\tDescription\tS1\tS2\np\tx\t1\t2\n", {"holds 1 features, its second line says 3"});
  refuses("#1.2\n1\t3\nNAME\tDescription\tS1\tS2\np\tx\t1\t2\n", {"table.tsv:3", "of 3 samples has 5 fields"});
  refuses("#1.2\n1\nNAME\tDescription\tS1\np\tx\t1\n", {"table.tsv:2", "numbers of rows and columns"});
  refuses("#1.3\n1\t1\nid\tS1\np\t1\n", {"table.tsv:2", "numbers of rows and columns"});
  refuses("#1.2\n1\t1\nNAME\tDescription\tS1\np\tx\thigh\n", {"table.tsv:4", "column S1", "'high' is not a number"});
  refuses("#1.2\n", {"ends behind the version"});
}

TEST_F(Tables, NameFileRowAndColumnOfWhatIsWrong) {
  refuses("f\tS1\tS2\na\t1\t2\nb\t1\thigh\n", {"table.tsv:3", "column S2", "'high' is not a number"});
  refuses("f\tS1\tS2\na\tInf\t2\n", {"table.tsv:2", "column S1", "'Inf' is not a finite number"});
  refuses("f\tS1\tS2\na\t1\t2\nb\t1\n", {"table.tsv:3", "has 2 fields"});
  refuses("f\tS1\tS1\na\t1\t2\n", {"table.tsv:1", "sample 'S1' is there twice"});
  refuses("f\tS1\t\na\t1\t2\n", {"table.tsv:1", "a sample has no name"});
  refuses("f\tS1\n\t1\n", {"table.tsv:2", "the feature has no name"});
  refuses("f\tS1\tS2\n", {"no features"});
  refuses("", {"is empty"});
}

TEST_F(Tables, OfOutcomesTellWhichColumnsHoldNumbers) {
  const auto path = folder.write("sheet.csv", "sample,source,vegf,age,none,mixed\nb,BM,1.5,40,,1\na,AD,NA,50,,x\n");
  const auto sheet = input::survey_outcomes(path);
  EXPECT_EQ(sheet.key_column, "sample");
  EXPECT_EQ(sheet.sample, (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(sheet.columns, (std::vector<std::string>{"source", "vegf", "age", "none", "mixed"}));
  EXPECT_EQ(sheet.numeric, (std::vector<std::string>{"vegf", "age"}));
  const std::vector<std::string> wanted{"a", "b"};
  EXPECT_EQ(input::read_labels(path, sheet, wanted, "source"), (std::vector<std::string>{"AD", "BM"}));
  EXPECT_EQ(input::read_labels(path, sheet, wanted, "vegf"), (std::vector<std::string>{"", "1.5"}));
  test::expect_refusal([&] { input::read_labels(path, sheet, wanted, "sorce"); }, ExitCode::bad_input,
                       {"column sorce", "did you mean 'source'"});
}

TEST_F(Tables, OfOutcomesHaveSamplesOrLots) {
  EXPECT_EQ(input::survey_outcomes(folder.write("lots.csv", "lot,y\nBM1,2\n")).key_column, "lot");
  refuses_sheet("samples,y\na,1\n", {"column sample", "is missing", "did you mean 'samples'"});
  refuses_sheet("sample,y\na,1\na,2\n", {"sheet.csv:3", "'a' is in row 2 already"});
  refuses_sheet("sample,y\n,1\n", {"sheet.csv:2", "column sample", "is empty"});
  refuses_sheet("sample,y\n", {"no samples"});
}

TEST_F(Tables, TakeFurtherWordsForMissingWhereAsked) {
  const auto path = folder.write("qpcr.csv", "gene,S1,S2\nPAX6,Undetermined,31.5\n");
  const std::vector<std::string> words{"Undetermined"};
  EXPECT_TRUE(std::isnan(input::read_measurements(path, words).of(0)[0]));
  test::expect_refusal([&] { input::read_measurements(path); }, ExitCode::bad_input, {"qpcr.csv:2", "Undetermined"});
}

TEST_F(Tables, SheetsOfLinesMayCallTheirKeyLine) {
  const auto sheet = input::survey_outcomes(folder.write("lines.csv", "line,propensity\nL1,0.5\n"));
  EXPECT_EQ(sheet.key_column, "line");
  EXPECT_EQ(sheet.numeric, std::vector<std::string>{"propensity"});
}

TEST_F(Tables, GeneMapsNameTheGeneOfEachProbe) {
  const auto map =
      input::read_gene_map(folder.write("genes.csv", "probe,chromosome,gene\np1,4,SALL3\np2,4,NA\np3,1,PAX6\n"));
  EXPECT_EQ(map, (std::map<std::string, std::string>{{"p1", "SALL3"}, {"p3", "PAX6"}}));
  EXPECT_EQ(input::read_gene_map(folder.write("two.tsv", "id\tsymbol\np1\tSALL3\n")).at("p1"), "SALL3");
  const auto twice = folder.write("twice.csv", "probe,gene\np1,SALL3\np1,PAX6\n"),
             one = folder.write("one.csv", "probe\np1\n");
  test::expect_refusal([&] { input::read_gene_map(twice); }, ExitCode::bad_input, {"twice.csv:3", "SALL3", "PAX6"});
  test::expect_refusal([&] { input::read_gene_map(one); }, ExitCode::bad_input, {"one.csv", "two columns"});
}

TEST_F(Tables, GeneListsAreTheFirstFieldOfEachLine) {
  EXPECT_EQ(
      input::read_gene_list(folder.write("markers.tsv", "ENSG1\tPAX6\n\nENSG2\tSOX1\n"), input::GeneRow::name_first),
      (std::vector<std::string>{"ENSG1", "ENSG2"}));
}

}  // namespace
