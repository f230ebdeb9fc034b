#include "miura/normalize/measurements.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace {

using namespace miura;
using matrix::Measurements;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

Measurements small_table() {
  return {{"a", "b", "c", "d", "e"}, {"s1", "s2", "s3"}, {5, 4, 3, 2, 1, missing, 3, 4, 6, 4, 2, 8, 1, 8, 1.5}};
}

TEST(QuantileNormalize, IsLimmasWithTiesAndMissingValues) {  // normalizeQuantiles(x, ties = TRUE), limma 3.54.1
  auto table = small_table();
  normalize::quantile_normalize(table, normalize::quantile_reference(table));
  const std::vector<double> limma{7.0,
                                  4.333333333333333,
                                  2.75,
                                  2.2083333333333335,
                                  1.1666666666666667,
                                  missing,
                                  3.8333333333333335,
                                  4.333333333333333,
                                  4.5,
                                  4.833333333333333,
                                  2.2083333333333335,
                                  7.0,
                                  1.1666666666666667,
                                  7.0,
                                  1.1666666666666667};
  for (std::size_t i = 0; i < limma.size(); ++i) {
    if (std::isnan(limma[i]))
      EXPECT_TRUE(std::isnan(table.value[i])) << i;
    else
      EXPECT_NEAR(table.value[i], limma[i], 1e-12) << i;
  }
}

TEST(QuantileNormalize, ByTheReferenceOfOtherSamplesDoesNotLookAtThese) {
  auto table = small_table();
  const std::vector<double> reference{10, 20, 30, 40, 50};
  normalize::quantile_normalize(table, reference);
  EXPECT_EQ(table.of(0)[0], 50);
  EXPECT_EQ(table.of(4)[0], 10);
  EXPECT_EQ(table.of(0)[1], 35);  // tied third and fourth
}

TEST(Log2Transform, TakesOneMoreAndNamesTheSampleOfANegativeValue) {
  auto table = small_table();
  normalize::log2_transform(table, {"array.csv"});
  EXPECT_DOUBLE_EQ(table.of(0)[2], 2.0);
  EXPECT_TRUE(std::isnan(table.of(1)[2]));
  auto negative = small_table();
  negative.value[4] = -0.1;
  try {
    normalize::log2_transform(negative, {"array.csv"});
    FAIL();
  } catch (const InputError& e) {
    EXPECT_EQ(e.where().column, "s2");
    EXPECT_NE(std::string(e.what()).find("feature b"), std::string::npos);
  }
}

TEST(DeltaCt, TurnsTheSignTakesOffTheReferenceAndPutsUndetectedAtTheLastCycle) {
  Measurements table{{"PAX6", "GAPDH", "SOX1", "ACTB"}, {"l1", "l2"}, {25, missing, 18, 20, 30, 41, 20, missing}};
  normalize::delta_ct(table, {.reference_genes = {"GAPDH", "ACTB"}}, {"qpcr.csv"});
  EXPECT_EQ(table.feature, (std::vector<std::string>{"PAX6", "SOX1"}));
  EXPECT_EQ(table.value, (std::vector<double>{19 - 25, 20 - 40, 19 - 30, 20 - 40}));  // ACTB of l2 was not detected
}

TEST(DeltaCt, NeedsReferenceGenesThatAreThereAndWereDetected) {
  Measurements table{{"PAX6", "GAPDH"}, {"l1", "l2"}, {25, 26, 18, missing}};
  EXPECT_THROW(normalize::delta_ct(table, {.reference_genes = {"ACTB"}}, {"qpcr.csv"}), InputError);
  try {
    normalize::delta_ct(table, {.reference_genes = {"GAPDH"}}, {"qpcr.csv"});
    FAIL();
  } catch (const InputError& e) {
    EXPECT_EQ(e.where().column, "l2");
  }
}

TEST(Expressed, KeepsFeaturesWhoseMedianIsHighEnough) {
  const auto kept = normalize::expressed(small_table(), 4.0);
  EXPECT_EQ(kept, (std::vector<std::int64_t>{0, 2, 3}));  // medians 4, 1.5, 4, 4, 1.5
  EXPECT_EQ(normalize::select_features(small_table(), kept).feature, (std::vector<std::string>{"a", "c", "d"}));
}

TEST(MeanByName, JoinsReplicatesOfALineAndLeavesOutWhatHasNoLine) {
  Measurements table{{"a", "b"}, {"s1", "s2", "s3", "s4"}, {1, 2, 3, 9, missing, missing, 5, 9}};
  const std::vector<std::string> line{"L2", "L2", "L1", ""};
  const auto joined = normalize::mean_by_name(table, line);
  EXPECT_EQ(joined.sample, (std::vector<std::string>{"L1", "L2"}));
  EXPECT_EQ(joined.of(0)[0], 3);
  EXPECT_EQ(joined.of(0)[1], 1.5);
  EXPECT_EQ(joined.of(1)[0], 5);
  EXPECT_TRUE(std::isnan(joined.of(1)[1]));
}

}  // namespace
