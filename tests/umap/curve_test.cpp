#include "miura/umap/curve.hpp"

#include <gtest/gtest.h>

#include "miura/base/error.hpp"
#include "umap/golden.hpp"

namespace {

using namespace miura;

TEST(Curve, IsThatOfUmapLearn) {
  for (const auto& row : umap_test::golden()["curves"]) {
    const auto curve = umap::fit_curve(row[0], row[1]);
    EXPECT_NEAR(curve.a, row[2].get<double>(), 1e-5 * row[2].get<double>()) << "min_dist " << row[0];
    EXPECT_NEAR(curve.b, row[3].get<double>(), 1e-5 * row[3].get<double>()) << "min_dist " << row[0];
  }
}

TEST(Curve, OfDistancesThatMakeNoSenseIsAUsageError) {
  EXPECT_THROW(umap::fit_curve(0.5, 0), UsageError);
  EXPECT_THROW(umap::fit_curve(-0.1, 1), UsageError);
  EXPECT_THROW(umap::fit_curve(1.1, 1), UsageError);
}

}  // namespace
