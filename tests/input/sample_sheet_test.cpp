#include "miura/input/sample_sheet.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "input/study_files.hpp"

namespace {

using namespace miura;

class SampleSheet : public testing::Test {
protected:
  void SetUp() override {
    for (const char* name : {"a.h5", "b.h5", "pool.h5ad", "with space/c.h5", "labels.csv"}) folder.write(name, "x");
  }
  std::filesystem::path sheet(const std::string& text) { return folder.write("samples.csv", text); }
  void refuses(const std::string& text, const std::vector<std::string>& why, ExitCode code = ExitCode::bad_input) {
    const auto path = sheet(text);
    test::expect_refusal([&] { input::read_sample_sheet(path); }, code, why);
  }
  test::SharedFolder folder;
};

TEST_F(SampleSheet, GivesLotsByBytesOfIdWhateverTheOrderOfRows) {
  const auto path = sheet(
      "lot,path,format,source,role,donor,process,pair,chemistry,cells,vegf\n"
      "b,b.h5,h5,BM,test,D2,,,v3,,2\n"
      "B2,\"with space/c.h5\",,UC,process,D3,after,P1,v2,labels.csv,3\n"
      "B10,a.h5,,BM,,D1,,,,,\n");
  const auto lots = input::read_sample_sheet(path);
  ASSERT_EQ(lots.size(), 3U);
  EXPECT_EQ(lots[0].id, "B10");
  EXPECT_EQ(lots[0].role, "train");
  EXPECT_EQ(lots[0].path, folder.path() / "a.h5");
  EXPECT_EQ(lots[0].sheet_row, 4);
  EXPECT_EQ(lots[1].id, "B2");
  EXPECT_EQ(lots[1].path, folder.path() / "with space/c.h5");
  EXPECT_EQ(lots[1].process, "after");
  EXPECT_EQ(lots[1].pair, "P1");
  EXPECT_EQ(lots[1].cells, folder.path() / "labels.csv");
  EXPECT_EQ(lots[2].id, "b");
  EXPECT_EQ(lots[2].role, "test");
  EXPECT_EQ(lots[2].chemistry, "v3");
  EXPECT_EQ(input::outcome_columns(path), (std::vector<std::string>{"vegf"}));
}

TEST_F(SampleSheet, LetsLotsShareAPooledFile) {
  const auto lots = input::read_sample_sheet(
      sheet("lot\tpath\tobs_column\tobs_value\nx\tpool.h5ad\tdonor\t1\ny\tpool.h5ad\tdonor\t2\n"));
  EXPECT_EQ(lots[1].obs_value, "2");
}

TEST_F(SampleSheet, SaysWhereItIsWrong) {
  refuses("", {"samples.csv: is empty"});
  refuses("lot,path\n", {"no lots"});
  refuses("Lot,path\na,a.h5\n", {"samples.csv:1: column lot: is missing", "'Lot'"});
  refuses("lot,file\na,a.h5\n", {"column path: is missing"});
  refuses("lot,path,lot\na,a.h5,b\n", {":1: column lot: the header has this name twice"});
  refuses("lot,path\na,a.h5\na,b.h5\n", {"samples.csv:3: column lot: this lot is in row 2 already (lot a)"});
  refuses("lot,path\n,a.h5\n", {"samples.csv:2: column lot: is empty"});
  refuses("lot,path\n\"a\tb\",a.h5\n", {":2: column lot: holds a control character"});
  refuses("lot,path\na,\n", {"samples.csv:2: column path: is empty (lot a)"});
  refuses("lot,path\na,a.h5,9\n", {"samples.csv:2: has 3 fields, the header has 2"});
  refuses("lot,path\na,missing.h5\n", {"samples.csv:2: column path: '", "missing.h5' not found (lot a)"},
          ExitCode::no_input);
  refuses("lot,path,cells\na,a.h5,no.csv\n", {":2: column cells: '", "no.csv' not found (lot a)"}, ExitCode::no_input);
  refuses("lot,path,role\na,a.h5,Train\n",
          {":2: column role: 'Train' is not one of train, test, query, process (lot a)"});
  refuses("lot,path,format\na,a.h5,loom\n", {":2: column format: 'loom' is not one of mtx, h5, h5ad, table (lot a)"});
  refuses("lot,path,role,process\na,a.h5,process,new\n", {":2: column process:", "not 'new' (lot a)"});
  refuses("lot,path\na,a.h5\nb,a.h5\n", {":3: column path: the same cells are those of lot a in row 2 (lot b)"});
  refuses("lot,path,obs_column,obs_value\na,pool.h5ad,donor,\n", {":2: column obs_value: is empty"});
  refuses("lot,path,obs_column,obs_value\na,pool.h5ad,d,1\nb,pool.h5ad,d,1\n", {":3: column path: the same cells"});
  test::expect_refusal([&] { input::read_sample_sheet(folder.path() / "none.csv"); }, ExitCode::no_input,
                       {"none.csv: not found"});
}

TEST_F(SampleSheet, ReadsOutcomesInTheOrderOfLots) {
  const auto path = sheet("lot,path,vegf,ido\nb,b.h5,2.5,NA\na,a.h5,,1e3\nc,pool.h5ad,NaN,-4\n");
  const auto lots = input::read_sample_sheet(path);
  const std::vector<std::string> names{"ido", "vegf"};
  const auto outcomes = input::read_outcomes(path, lots, names);
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].name, "ido");
  EXPECT_EQ(outcomes[0].value[0], 1000.0);
  EXPECT_TRUE(std::isnan(outcomes[0].value[1]));
  EXPECT_EQ(outcomes[0].value[2], -4.0);
  EXPECT_TRUE(std::isnan(outcomes[1].value[0]));
  EXPECT_EQ(outcomes[1].value[1], 2.5);
  EXPECT_TRUE(std::isnan(outcomes[1].value[2]));

  const std::vector<std::string> keys{"c", "b"}, gone{"zz"};
  EXPECT_EQ(input::read_outcomes(path, "lot", keys, names)[0].value[0], -4.0);
  test::expect_refusal([&] { input::read_outcomes(path, "lot", gone, names); }, ExitCode::bad_input,
                       {"has no row for 'zz'"});
}

TEST_F(SampleSheet, RefusesOutcomesThatAreNoNumbers) {
  const auto path = sheet("lot,path,vegf_ischemia,ido\nBM03,a.h5,high,1\nBM04,b.h5,3,Inf\n");
  const auto check = [&](const std::string& name) {
    const std::vector<std::string> names{name};
    return [path, names] { input::check_outcomes(path, names); };
  };
  test::expect_refusal(check("vegf_ischemia"), ExitCode::bad_input,
                       {"samples.csv:2: column vegf_ischemia: 'high' is not a number (lot BM03)"});
  test::expect_refusal(check("ido"), ExitCode::bad_input,
                       {"samples.csv:3: column ido: 'Inf' is not a finite number (lot BM04)"});
  test::expect_refusal(check("vegf_ischaemia"), ExitCode::bad_input,
                       {"column vegf_ischaemia: is missing", "'vegf_ischemia'"});
  const std::vector<std::string> none;
  EXPECT_NO_THROW(input::check_outcomes(path, none));
}

}  // namespace
