#include "miura/input/intervals.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "input/study_files.hpp"

namespace {

using namespace miura;

class IntervalFile : public testing::Test {
protected:
  template <class Read>
  void refuses(Read&& read, const std::string& name, const std::string& text, const std::vector<std::string>& why) {
    const auto path = folder.write(name, text);
    test::expect_refusal([&] { read(path); }, ExitCode::bad_input, why);
  }
  void refuses_bed(const std::string& text, const std::vector<std::string>& why) {
    refuses([](const auto& path) { input::read_intervals(path); }, "peaks.bed", text, why);
  }
  test::SharedFolder folder;
};

TEST_F(IntervalFile, IsBedOfAnyWidthInAnyOrder) {
  const auto found =
      input::read_intervals(folder.write("peaks.bed.gz",
                                         "#chrom\tstart\ntrack name=x\nbrowser position chr1:1-2\nchr2\t5\t9\r\n"
                                         "chr1\t0\t1\tp 1\t-2.5\t-\nchr1\t7\t8\t.\t.\t.\n"));
  ASSERT_EQ(found.size(), 3);
  EXPECT_EQ(found[0].chromosome, "chr2");
  EXPECT_EQ(found[0].start, 5);
  EXPECT_EQ(found[0].end, 9);
  EXPECT_EQ(found[0].name, "");
  EXPECT_TRUE(std::isnan(found[0].score));
  EXPECT_EQ(found[0].strand, '.');
  EXPECT_EQ(found[1].name, "p 1");
  EXPECT_EQ(found[1].score, -2.5);
  EXPECT_EQ(found[1].strand, '-');
  EXPECT_TRUE(found[2].name.empty() && std::isnan(found[2].score) && found[2].summit == -1);
}

TEST_F(IntervalFile, OfNarrowPeaksHasSummits) {
  const auto path =
      folder.write("x.narrowPeak", "chr1\t100\t200\ta\t900\t.\t7.5\t3\t2\t30\nchr1\t5\t9\tb\t1\t+\t2\t3\t2\t-1\n");
  const auto found = input::read_intervals(path, {.score_column = 7});
  EXPECT_EQ(found[0].summit, 130);
  EXPECT_EQ(found[0].score, 7.5);
  EXPECT_EQ(found[1].summit, -1);
}

TEST_F(IntervalFile, SaysWhichRowAndColumnIsWrong) {
  refuses_bed("chr1\t1\t5\nchr1\t1\n", {"peaks.bed:2", "2 fields", "start and end are needed"});
  refuses_bed("chr1 1 5\n", {"peaks.bed:1", "1 fields between tabs"});
  refuses_bed("chr1\t1\tx\n", {"peaks.bed:1", "column end", "'x' is not a whole number from 0 on"});
  refuses_bed("chr1\t-1\t4\n", {"peaks.bed:1", "column start", "'-1'"});
  refuses_bed("chr1\t4\t4\n", {"peaks.bed:1", "the end is not behind the start: 4 to 4"});
  refuses_bed("\t1\t4\n", {"peaks.bed:1", "column chrom"});
  refuses_bed("chr1\t1\t4\ta\thigh\n", {"peaks.bed:1", "column 5", "'high' is not a number"});
  refuses_bed("chr1\t1\t4\ta\t1\tx\n", {"peaks.bed:1", "column strand", "'x' is not + or - or ."});
  const auto read = [](const auto& path) { input::read_intervals(path); };
  refuses(read, "x.narrowPeak", "chr1\t1\t4\n", {"x.narrowPeak:1", "10 columns"});
  refuses(read, "x.narrowPeak", "chr1\t1\t4\ta\t1\t.\t2\t3\t2\t3\n", {"x.narrowPeak:1", "summit is behind the end"});
}

TEST_F(IntervalFile, OfGenesCountsFromOneWithTheEndInside) {
  const auto sheet = input::read_genes(
      folder.write("genes.csv", "gene,chrom,start,end,strand,note\nABC,chr1,1,10,+,x\nDEF,chr2,11,11,-,y\n"));
  const auto gtf = input::read_genes(
      folder.write("genes.gtf.gz",
                   "#!genome\nchr1\tx\tgene\t1\t10\t.\t+\t.\tgene_id \"E1\"; gene_name "
                   "\"ABC\";\nchr1\tx\texon\t1\t5\t.\t+\t.\tgene_id "
                   "\"E1\";\nchr2\tx\tgene\t11\t11\t.\t-\t.\tgene_id \"DEF\"; other_gene_name \"no\";\n"));
  for (const auto& genes : {sheet, gtf}) {
    ASSERT_EQ(genes.size(), 2);
    EXPECT_EQ(genes[0].name, "ABC");
    EXPECT_EQ(genes[0].start, 0);
    EXPECT_EQ(genes[0].end, 10);
    EXPECT_EQ(genes[1].name, "DEF");
    EXPECT_EQ(genes[1].strand, '-');
    EXPECT_EQ(genes[1].length(), 1);
  }
  const auto read = [](const auto& path) { input::read_genes(path); };
  refuses(read, "genes.csv", "gene,chrom,start,stop,strand\n", {"genes.csv:1", "column end"});
  refuses(read, "genes.csv", "gene,chrom,start,end,strand\nA,chr1,0,5,+\n",
          {"genes.csv:2", "column start", "from 1 on"});
  refuses(read, "genes.csv", "gene,chrom,start,end,strand\nA,chr1,1,5,.\n", {"genes.csv:2", "column strand"});
  refuses(read, "genes.csv", "gene,chrom,start,end,strand\n", {"holds no genes"});
  refuses(read, "genes.gtf", "chr1\tx\tgene\t1\t10\t.\t+\t.\tnote \"E1\";\n", {"genes.gtf:1", "column attribute"});
}

TEST_F(IntervalFile, OfChromosomeSizesIsWholeChromosomes) {
  const auto found = input::read_chromosomes(folder.write("hg.fai", "chr1\t1000\t6\t60\t61\nchrM\t16\t9\n"));
  ASSERT_EQ(found.size(), 2);
  EXPECT_EQ(found[1].chromosome, "chrM");
  EXPECT_EQ(found[1].length(), 16);
  refuses([](const auto& path) { input::read_chromosomes(path); }, "sizes", "chr1\t0\n", {"sizes:1", "column size"});
}

}  // namespace
