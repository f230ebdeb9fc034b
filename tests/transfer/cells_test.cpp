#include "miura/transfer/cells.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "transfer/golden.hpp"

namespace {

using namespace miura;

pca::Model model_of(std::int32_t n_components, std::vector<double> loadings) {
  pca::Model model{};
  model.n_components = n_components;
  model.n_features = static_cast<std::int32_t>(std::ssize(loadings)) / n_components;
  model.sd.assign(model.n_features, 1.0);
  model.loadings = std::move(loadings);
  return model;
}

TEST(FilterFeatures, AreThoseOfSeurat) {
  std::vector<std::string> genes;
  const auto model = transfer_test::golden_model(&genes);
  const auto header = transfer_test::sheet("query_cells.csv.gz").header;
  std::vector<std::string> found{"type", "n_counts"};
  for (const auto feature : transfer::filter_features(model, 30)) found.push_back(genes[feature]);
  EXPECT_EQ(found, header);
}

TEST(FilterFeatures, StayBelowTheLimitAndComeFromBothEnds) {
  std::vector<double> loadings;
  for (int j = 0; j < 1000; ++j) loadings.push_back(j - 499.5);
  const auto features = transfer::filter_features(model_of(1, loadings), 1);
  ASSERT_EQ(features.size(), 100U);  // y = 100, the most that is tried: 50 of either end
  EXPECT_EQ(features.front(), 0);
  EXPECT_EQ(features[49], 49);
  EXPECT_EQ(features[50], 950);

  std::vector<double> many;  // component d has its ends at features of its own: 3 components x y of them
  for (int j = 0; j < 3000; ++j)
    for (int d = 0; d < 3; ++d) many.push_back(j / 1000 == d ? j % 1000 - 499.5 : 1e-3 * (j % 7 - 3.0));
  EXPECT_EQ(transfer::filter_features(model_of(3, many), 3).size(),
            3U * 66U);  // 33 of either end; y = 67 takes 34: 204
}

TEST(FilterFeatures, LeaveOutWhatIsConstantOrMissing) {
  auto model = model_of(1, {3, -2, 1, 0.5, -4});
  EXPECT_EQ(transfer::filter_features(model, 1), (std::vector<std::int32_t>{0, 1, 2, 3, 4}));
  model.sd[0] = 0;
  const std::vector<std::uint8_t> present{1, 1, 0, 1, 1};
  EXPECT_EQ(transfer::filter_features(transfer::without_missing(model, present), 1),
            (std::vector<std::int32_t>{1, 3, 4}));
  EXPECT_THROW(transfer::without_missing(model, std::vector<std::uint8_t>{1}), std::logic_error);
}

TEST(DenseFeatures, PutsChosenColumnsSideBySide) {
  const matrix::GridMatrix x{.cells = parallel::Partition::even(3, 1),
                             .n_features = 5,
                             .row_start = {0, 2, 2, 4},
                             .column = {1, 3, 0, 4},
                             .value = {65536, 32768, 65536, 131072}};
  const auto dense = transfer::dense_features(x, std::vector<std::int32_t>{1, 4});
  EXPECT_EQ(dense.n_dims, 2);
  EXPECT_EQ(dense.value, (std::vector<float>{1, 0, 0, 0, 0, 2}));
}

}  // namespace
