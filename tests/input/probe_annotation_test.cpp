#include "miura/input/probe_annotation.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "input/study_files.hpp"

namespace {

using namespace miura;
using Entry = matrix::ProbeAnnotation::Entry;

class ProbeAnnotations : public testing::Test {
protected:
  matrix::ProbeAnnotation read(const std::string& text) {
    return input::read_probe_annotation(folder.write("annotation.csv", text), probes);
  }
  void refuses(const std::string& text, const std::vector<std::string>& why) {
    const auto path = folder.write("annotation.csv", text);
    test::expect_refusal([&] { input::read_probe_annotation(path, probes); }, ExitCode::bad_input, why);
  }
  std::vector<Entry> entries(const matrix::ProbeAnnotation& a, std::int64_t probe) {
    return {a.of(probe).begin(), a.of(probe).end()};
  }
  std::int32_t region(const matrix::ProbeAnnotation& a, const std::string& name) {
    return static_cast<std::int32_t>(std::ranges::find(a.region, name) - a.region.begin());
  }
  test::SharedFolder folder;
  std::vector<std::string> probes{"cg2", "cg1", "cg9"};
};

TEST_F(ProbeAnnotations, FollowTheOrderOfTheTable) {
  const auto a = read("probe,gene,region_class\ncg1,WNT5A;ROR2;WNT5A,TSS200;Body;TSS200\ncg2,,\ncg7,X,Body\n");
  ASSERT_EQ(a.n_probes(), 3);
  EXPECT_EQ(a.listed, (std::vector<std::uint8_t>{1, 1, 0}));
  EXPECT_EQ(a.gene, (std::vector<std::string>{"WNT5A", "ROR2"}));
  EXPECT_TRUE(entries(a, 0).empty() && entries(a, 2).empty());
  EXPECT_EQ(entries(a, 1),
            (std::vector<Entry>{{0, region(a, "TSS200")}, {1, region(a, "Body")}}));  // none is there twice
}

TEST_F(ProbeAnnotations, ReadAManifestOfIllumina) {
  const auto a = read(
      "Illumina, Inc.,,\n[Heading],,\nDescriptor File Name,x.bpm,\n[Assay],,\n"
      "IlmnID,UCSC_RefGene_Name,UCSC_RefGene_Group\ncg9,SALL3;SALL3,1stExon;Body\ncg2,SALL3,5'UTR\n[Controls],,\ncg1,A,"
      "Body\n");
  EXPECT_EQ(a.listed, (std::vector<std::uint8_t>{1, 0, 1}));
  EXPECT_EQ(entries(a, 2), (std::vector<Entry>{{0, region(a, "1stExon")}, {0, region(a, "Body")}}));
}

TEST_F(ProbeAnnotations, KeepTheRegionsAlongTheGene) {
  const auto a = read("Name\tUCSC_RefGene_Name\tUCSC_RefGene_Group\ncg1\tB\tBody\ncg2\tA\tTSS1500\ncg9\tA\tenhancer\n");
  EXPECT_EQ(a.region, (std::vector<std::string>{"TSS1500", "TSS200", "5'UTR", "1stExon", "Body", "3'UTR", "enhancer"}));
}

TEST_F(ProbeAnnotations, TellPlacesWhereBothColumnsAreThere) {
  using Place = matrix::ProbeAnnotation::Place;
  const auto a = read(
      "IlmnID,UCSC_RefGene_Name,UCSC_RefGene_Group,CHR,MAPINFO\ncg1,A,Body,18,76740275\ncg2,A,Body,3,55521670\ncg9,,,,"
      "\n");
  EXPECT_EQ(a.chromosome, (std::vector<std::string>{"18", "3"}));
  EXPECT_EQ(a.place, (std::vector<Place>{{1, 55'521'670}, {0, 76'740'275}, {-1, -1}}));
  EXPECT_TRUE(read("probe,gene,region_class,position\ncg1,A,Body,7\n").place.empty());
  refuses("probe,gene,region_class,chromosome,position\ncg1,A,Body,chr1,12.5\n",
          {"annotation.csv:2", "position", "'12.5' is no position"});
}

TEST_F(ProbeAnnotations, AddUpTheRowsOfOneProbe) {
  const auto a = read("probe,gene,region_class\ncg1,A,Body\ncg1,B,TSS200\ncg1,A,Body\n");
  EXPECT_EQ(entries(a, 1).size(), 2U);
}

TEST_F(ProbeAnnotations, NameFileAndRowOfWhatIsWrong) {
  refuses("probe,gene\ncg1,A\n", {"has no columns probe, gene and region_class"});
  refuses("probe,gene,region_class\ncg1,A;B,Body\n", {"annotation.csv:2", "names 1 regions of 2 genes"});
  refuses("probe,gene,region_class\ncg1,A\n", {"annotation.csv:2", "has too few fields"});
}

}  // namespace
