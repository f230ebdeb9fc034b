#include "miura/input/gene_sets.hpp"

#include <gtest/gtest.h>

#include "input/study_files.hpp"

namespace {

using namespace miura;

class GeneSetFile : public testing::Test {
protected:
  void refuses(const std::string& text, const std::vector<std::string>& why) {
    const auto path = folder.write("sets.gmt", text);
    test::expect_refusal([&] { input::read_gene_sets(path); }, ExitCode::bad_input, why);
  }
  test::SharedFolder folder;
};

TEST_F(GeneSetFile, HoldsASetARow) {
  const auto sets = input::read_gene_sets(folder.write("GO.v1.gmt", "A set\tabout, \"it\"\tG1\tG2\nB\thttp://x\tG3\n"));
  ASSERT_EQ(sets.size(), 2);
  EXPECT_EQ(sets[0].collection, "GO.v1");
  EXPECT_EQ(sets[0].name, "A set");
  EXPECT_EQ(sets[0].description, "about, \"it\"");
  EXPECT_EQ(sets[0].gene, (std::vector<std::string>{"G1", "G2"}));
  EXPECT_EQ(sets[1].gene, std::vector<std::string>{"G3"});
}

TEST_F(GeneSetFile, MayComeFromWindowsAndBePacked) {
  const auto sets = input::read_gene_sets(folder.write("sets.gmt.gz",
                                                       "\xEF\xBB\xBF"
                                                       "A\tx\tG1\tG2\r\n\r\nB\ty\tG3\r\n"));
  ASSERT_EQ(sets.size(), 2);
  EXPECT_EQ(sets[0].collection, "sets");
  EXPECT_EQ(sets[0].name, "A");
  EXPECT_EQ(sets[0].gene.back(), "G2");
  EXPECT_EQ(sets[1].gene, std::vector<std::string>{"G3"});
}

TEST_F(GeneSetFile, CountsAGeneOnceAndKeepsEmptySets) {
  const auto sets = input::read_gene_sets(folder.write("sets.gmt", "A\tx\tG1\tg1\tG1\t\tG2\t\nB\t\nC\tz\t\t\n"));
  ASSERT_EQ(sets.size(), 3);
  EXPECT_EQ(sets[0].gene, (std::vector<std::string>{"G1", "g1", "G2"}));  // case as is
  EXPECT_TRUE(sets[1].gene.empty() && sets[2].gene.empty());
  EXPECT_EQ(sets[1].description, "");
}

TEST_F(GeneSetFile, SaysWhichRowIsWrong) {
  refuses("A\tx\tG1\nB x G1\n", {"sets.gmt:2", "name alone"});
  refuses("A\tx\tG1\n\nB\ty\tG1\nA\tz\tG2\n", {"sets.gmt:4", "set 'A' is there already, in row 1"});
  refuses("A\tx\tG1\n\tx\tG1\n", {"sets.gmt:2", "no name"});
  refuses("", {"holds no gene sets"});
  test::expect_refusal([&] { input::read_gene_sets(folder.path() / "nothing.gmt"); }, ExitCode::no_input,
                       {"nothing.gmt"});
}

}  // namespace
