#include "miura/comparability/deviation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "comparability/simulated_lots.hpp"

namespace {

using namespace miura;
using comparability::Deviation;
using comparability::LotVectors;

nlohmann::json golden(const char* name) {
  std::ifstream file(std::filesystem::path(MIURA_TEST_DATA) / "golden_comparability" / "golden.json");
  return nlohmann::json::parse(file).at(name);
}

/// Lots on a line.
LotVectors on_a_line(std::vector<double> position) {
  return {"line", static_cast<std::int32_t>(std::ssize(position)), 1, std::move(position)};
}

std::vector<Deviation> of(const LotVectors& vectors, const std::vector<std::uint8_t>& is_reference,
                          const std::vector<double>& outside = {}) {
  return comparability::deviations(std::span(&vectors, 1), outside, is_reference, {});
}

TEST(Deviation, OfTheGoldenLotIsTheGoldenOne) {
  const auto counts = golden("composition").at("counts").get<std::vector<std::vector<std::int64_t>>>();
  const auto expected = golden("lot_deviation");
  matrix::Composition c{.n_lots = 5, .n_clusters = 4, .count = std::vector<std::int64_t>(20), .lot_size = {}};
  for (int l = 0; l < 5; ++l) {
    for (int k = 0; k < 4; ++k) c.count[k * 5 + l] = counts[l][k];
    c.lot_size.push_back(200);
  }
  const auto vectors = comparability::centred_log_ratios(c);
  const std::vector<std::int32_t> all{0, 1, 2, 3, 4};
  const auto distances = leave_one_out_distances(vectors, all);
  for (int l = 0; l < 5; ++l) EXPECT_NEAR(distances[l] / expected.at("D")[l].get<double>(), 1.0, 1e-12);
  const auto found = of(vectors, {1, 1, 1, 1, 0}).back();
  EXPECT_EQ(found.lot, 4);
  EXPECT_EQ(found.n_reference, 4);
  EXPECT_NEAR(found.distance / expected.at("D")[4].get<double>(), 1.0, 1e-12);
  EXPECT_NEAR(found.p_conformal, expected.at("conformal_p").get<double>(), 1e-15);
  EXPECT_NEAR(found.p_t / expected.at("p_t").get<double>(), 1.0, 1e-12);
}

TEST(Deviation, OfAReferenceLotIsMeasuredAmongTheOthers) {
  const auto found = of(on_a_line({0, 1, 2, 10}), {1, 1, 1, 1});
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[3].distance, 9.0);
  EXPECT_EQ(found[3].n_reference, 3);
  EXPECT_EQ(found[3].p_conformal, 0.25);
  EXPECT_NEAR(found[0].distance, 13.0 / 3, 1e-12);
  EXPECT_EQ(found[0].p_conformal, 0.5);
  EXPECT_NEAR(found[3].median_reference, 3.0, 1e-12);  // of 13/3, 3, 5/3
}

TEST(Deviation, OfNewLotsIsTheSameAloneAndTogether) {
  const auto together = of(on_a_line({0, 1, 2, 4, 5, 30, -7}), {1, 1, 1, 1, 1, 0, 0});
  const auto alone = of(on_a_line({0, 1, 2, 4, 5, -7}), {1, 1, 1, 1, 1, 0});
  ASSERT_EQ(together.size(), 7U);
  EXPECT_EQ(together.back().p_t, alone.back().p_t);
  EXPECT_EQ(together.back().distance, alone.back().distance);
  for (int l = 0; l < 5; ++l) EXPECT_EQ(together[l].p_t, alone[l].p_t);  // and the reference does not see them
}

TEST(Deviation, WithoutSpreadKeepsTheConformalP) {
  for (const auto& found : of(on_a_line({3, 3, 3, 3, 3}), {1, 1, 1, 1, 0})) {
    EXPECT_TRUE(std::isnan(found.p_t));
    EXPECT_TRUE(std::isnan(found.p_bonferroni));
    EXPECT_EQ(found.p_conformal, 1.0);
    EXPECT_FALSE(found.alarm);
  }
}

TEST(Deviation, LeavesOutLotsWithoutVectorAndSetsWithoutReference) {
  const double none = std::nan("");
  const auto found = of(on_a_line({0, none, 2, 5, none}), {1, 1, 1, 0, 0});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[2].lot, 3);
  EXPECT_EQ(found[2].n_reference, 2);
  EXPECT_TRUE(of(on_a_line({0, 1, 2}), {0, 0, 0}).empty());
  EXPECT_TRUE(of(on_a_line({0}), {1}).empty());
}

TEST(Deviation, CorrectsForTheStatisticsALotWasLookedAtBy) {
  const auto line = on_a_line({0, 1, 2, 4, 5, 9, 30});
  const std::vector<LotVectors> three{line, line, line};
  const std::vector<std::uint8_t> reference{1, 1, 1, 1, 1, 1, 0};
  const std::vector<double> outside{.01, .02, .01, .03, .02, .01, std::nan("")};
  for (const auto& d : comparability::deviations(three, outside, reference, {}))
    EXPECT_EQ(d.p_bonferroni, std::min(1.0, (d.lot == 6 ? 3 : 4) * d.p_t)) << d.lot;
}

TEST(OutsideShare, IsComparedByTheArcsineOfItsRoot) {
  const LotVectors no_vectors{"line", 6, 0, {}};
  const std::vector<double> outside{.01, .02, .0, .03, .02, .40};
  const auto found = of(no_vectors, {1, 1, 1, 1, 1, 0}, outside);
  ASSERT_EQ(found.size(), 6U);
  EXPECT_EQ(found[5].statistic, "outside_share");
  EXPECT_NEAR(found[5].distance, std::asin(std::sqrt(.40)), 1e-15);
  EXPECT_NEAR(found[5].p_conformal, 1.0 / 6, 1e-15);
  EXPECT_TRUE(found[5].alarm);
  EXPECT_EQ(found[2].p_conformal, 1.0);  // no cell outside is a legal share
  EXPECT_FALSE(std::isnan(found[2].p_t));
}

/// Shares of 7 even clusters over 11 + 1 lots of 200 cells, with lots that differ by .5 in log; in the changed lot one
/// cluster is 1.25 = 2.5 lot standard deviations more. Rates expected: .025 and .16 (200 replicates of another
/// program).
TEST(Deviation, AlarmsAtTheRatesExpectedOfCompositions) {
  constexpr int replicates = 400;
  std::vector<std::uint8_t> reference(12, 1);
  reference.back() = 0;
  int unchanged = 0, changed = 0, gone = 0;
  for (int r = 0; r < replicates; ++r) {
    const auto alarmed = [&](double shift) {
      const auto lots = comparability::test::simulate_lots(12, 7, 200, 0.5, shift, static_cast<std::uint64_t>(r));
      return of(comparability::centred_log_ratios(lots), reference).back().alarm ? 1 : 0;
    };
    unchanged += alarmed(0.0);
    changed += alarmed(1.25);
    gone += alarmed(6.0);
  }
  EXPECT_LE(unchanged, 0.05 * replicates + 3 * std::sqrt(.05 * .95 * replicates));
  EXPECT_NEAR(changed, .16 * replicates, 4 * replicates * std::sqrt(.16 * .84 * (1.0 / replicates + 1.0 / 200)));
  EXPECT_GE(gone, .8 * replicates);
}

/// Cells in three dimensions, lots that differ by .3 along each; the changed lot is moved by `shift` along the first.
TEST(Deviation, OfCellsFindsAMovedLotAndRarelyAnother) {
  constexpr int replicates = 150, n_lots = 12, n_cells = 60, n_dims = 3;
  std::vector<std::uint8_t> reference(n_lots, 1);
  reference.back() = 0;
  const auto alarmed = [&](double shift, int replicate) {
    stats::NormalStream normal(5, stats::Purpose::simulate, static_cast<std::uint64_t>(replicate));
    std::vector<float> value;
    std::vector<std::int32_t> lot;
    for (int l = 0; l < n_lots; ++l) {
      std::vector<double> centre;
      for (int d = 0; d < n_dims; ++d) centre.push_back(0.3 * normal() + (d == 0 && l == n_lots - 1 ? shift : 0));
      for (int i = 0; i < n_cells; ++i) {
        lot.push_back(l);
        for (int d = 0; d < n_dims; ++d) value.push_back(static_cast<float>(centre[d] + normal()));
      }
    }
    const auto mine = comparability::test::share_out(MPI_COMM_WORLD, value, lot, n_dims);
    const comparability::VectorOptions options{.directions = 10, .features = 60, .bandwidth_cells = 150};
    const double width = median_bandwidth(MPI_COMM_WORLD, mine.cells, mine.lot, reference, options);
    const std::vector<LotVectors> both{sliced_quantiles(MPI_COMM_WORLD, mine.cells, mine.lot, n_lots, options),
                                       mean_embeddings(MPI_COMM_WORLD, mine.cells, mine.lot, n_lots, width, options)};
    const auto rows = comparability::deviations(both, {}, reference, {});
    return rows.back().alarm || rows[rows.size() - 2].alarm ? 1 : 0;
  };
  int unchanged = 0, moved = 0;
  for (int r = 0; r < replicates; ++r) unchanged += alarmed(0.0, r);
  for (int r = 0; r < 30; ++r) moved += alarmed(3.0, r);
  EXPECT_LE(unchanged, .05 * replicates + 3 * std::sqrt(.05 * .95 * replicates));
  EXPECT_GE(moved, 25);
}

TEST(DeviationTable, NamesLotsAndSaysWhereTheyAreFew) {
  matrix::Lots lots(3);
  for (int l = 0; l < 3; ++l) lots[l].id = "L" + std::to_string(l), lots[l].source = "BM";
  lots[2].role = "query";
  const auto table = deviation_table(of(on_a_line({0, 1, 5}), {1, 1, 0}), lots);
  EXPECT_EQ(table.column<std::string>("lot"), (std::vector<std::string>{"L0", "L1", "L2"}));
  EXPECT_EQ(table.column<std::string>("role").back(), "query");
  EXPECT_EQ(table.column<std::string>("status").back(), "LOW_N");
  EXPECT_EQ(table.column<std::string>("flags").front(), "NO_SPREAD");
}

}  // namespace
