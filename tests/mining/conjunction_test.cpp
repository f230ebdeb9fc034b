#include "miura/mining/conjunction.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>

#include "miura/input/delimited.hpp"

namespace {

using namespace miura;
using mining::partial_conjunction;

TEST(PartialConjunction, IsBonferronisOverTheSmallestThatAreLeft) {
  const std::vector<double> p{0.3, 0.001, 0.02};
  const auto found = partial_conjunction(p);
  EXPECT_DOUBLE_EQ(found[0], 0.003);  // at least one of three
  EXPECT_DOUBLE_EQ(found[1], 0.04);
  EXPECT_DOUBLE_EQ(found[2], 0.3);  // all: the largest
}

TEST(PartialConjunction, IsNeverAboveOneAndTakesMissingForNoEvidence) {
  const std::vector<double> p{0.6, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_EQ(partial_conjunction(p), (std::vector<double>{1.0, 1.0}));
  EXPECT_TRUE(partial_conjunction({}).empty());
}

TEST(PartialConjunction, OfFourModalitiesIsThatOfTheFormulaInR) {
  const auto file =
      std::filesystem::path(MIURA_SHARED) / "golden" / "bulk" / "pc" / "hipsci_partial_conjunction_4modalities.tsv";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no shared golden files";
  input::DelimitedText text({file});
  const auto names = text.next();
  std::vector<std::string> header(names->begin(), names->end());
  const auto column = [&](const std::string& name) { return std::ranges::find(header, name) - header.begin(); };
  int n = 0;
  for (; const auto row = text.next(); ++n) {
    std::vector<double> p;
    for (const auto* name : {"expr", "ATAC", "K4me3", "K27me3"})
      p.push_back(*input::parse_number((*row)[column(name)]));
    const auto found = partial_conjunction(p);
    for (int u = 1; u <= 4; ++u) {
      const double golden = *input::parse_number((*row)[column("bonf_u" + std::to_string(u))]);
      ASSERT_NEAR(found[u - 1], golden, 1e-12 * golden + 1e-15) << (*row)[0] << " u " << u;
    }
  }
  EXPECT_EQ(n, 712);
}

}  // namespace
