#include "miura/comparability/comparability.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "miura/base/error.hpp"
#include "miura/stats/normal_stream.hpp"

namespace {

using namespace miura;
using namespace miura::comparability;
using Outcome = EndpointResult::Outcome;

/// `before` lots, then `after` lots, then others.
struct Design {
  matrix::Lots lots;
  Sides sides;

  Design(std::int32_t before, std::int32_t after, std::int32_t others = 0) : lots(before + after + others) {
    for (std::size_t l = 0; l < lots.size(); ++l) lots[l].id = "L" + std::to_string(l);
    sides.before.resize(before);
    sides.after.resize(after);
    sides.others.resize(others);
    std::iota(sides.before.begin(), sides.before.end(), 0);
    std::iota(sides.after.begin(), sides.after.end(), before);
    std::iota(sides.others.begin(), sides.others.end(), before + after);
  }
  Endpoint endpoint(std::vector<double> value, double margin = std::nan("")) const {
    return {.final_use = "cartilage", .name = "CL3", .value = std::move(value), .margin = margin};
  }
  /// Standard normal lots, those after the change moved.
  Endpoint drawn(double shift, double margin, std::uint64_t study) const {
    stats::NormalStream normal(11, stats::Purpose::simulate, study);
    std::vector<double> value;
    for (std::size_t l = 0; l < lots.size(); ++l) value.push_back(normal());
    for (const auto l : sides.after) value[l] += shift;
    return endpoint(std::move(value), margin);
  }
  Comparability compare(const std::vector<Endpoint>& endpoints) const {
    return compare_lots(lots, sides, endpoints, {});
  }
};

TEST(LogitShares, CountHalfACellMore) {
  const matrix::Composition c{.n_lots = 3, .n_clusters = 2, .count = {3, 0, 0, 7, 10, 0}, .lot_size = {10, 10, 0}};
  const auto logit = logit_shares(c, 0);
  EXPECT_DOUBLE_EQ(logit[0], std::log(3.5 / 7.5));
  EXPECT_DOUBLE_EQ(logit[1], std::log(0.5 / 10.5));
  EXPECT_TRUE(std::isnan(logit[2]));
}

/// 11 lots before, 8 after: unchanged ones are declared equivalent in .81 of studies, those that moved by the margin of
/// 1.5 lot standard deviations in .03 to .05; and these are found different.
TEST(CompareLots, FindsUnchangedLotsEquivalentAndMovedOnesDifferent) {
  constexpr int studies = 200;
  const Design design(11, 8);
  int unchanged = 0, wrongly_different = 0, at_margin = 0, different = 0;
  for (std::uint64_t s = 0; s < studies; ++s) {
    const auto same = design.compare({design.drawn(0.0, 1.5, s)}).verdicts.front().outcome;
    unchanged += same == Outcome::equivalent ? 1 : 0;
    wrongly_different += same == Outcome::different ? 1 : 0;
    at_margin += design.compare({design.drawn(1.5, 1.5, s)}).verdicts.front().outcome == Outcome::equivalent ? 1 : 0;
    different += design.compare({design.drawn(2.5, 1.5, s)}).verdicts.front().outcome == Outcome::different ? 1 : 0;
  }
  const auto room = [](double p) { return 4 * std::sqrt(studies * p * (1 - p)); };
  EXPECT_NEAR(unchanged, .83 * studies, room(.83));
  EXPECT_LE(at_margin, .05 * studies + room(.05));
  EXPECT_LE(wrongly_different, .05 * studies + room(.05));
  EXPECT_GE(different, .95 * studies);
}

TEST(CompareLots, AsksAllEndpointsOfAUseToPass) {
  const Design design(6, 6);
  const std::vector<double> tight{0, .1, .2, 0, .1, .2, 0, .1, .2, 0, .1, .2};
  std::vector<double> moved = tight;
  for (int l = 6; l < 12; ++l) moved[l] += 3;
  auto good = design.endpoint(tight, 1.0), bad = design.endpoint(moved, 1.0), function = good;
  function.kind = Endpoint::Kind::outcome;
  const auto both = design.compare({good, bad}), one = design.compare({good}), with = design.compare({good, function});
  EXPECT_EQ(both.verdicts.front().outcome, Outcome::different);
  EXPECT_EQ(both.verdicts.front().n_equivalent, 1);
  EXPECT_EQ(one.verdicts.front().outcome, Outcome::equivalent);
  EXPECT_NE(one.verdicts.front().text.find("no function was compared"), std::string::npos);
  EXPECT_EQ(with.verdicts.front().outcome, Outcome::equivalent);
  EXPECT_NE(with.verdicts.front().text.find("function among them"), std::string::npos);
  for (const auto& v : {one.verdicts.front(), with.verdicts.front()}) {
    EXPECT_NE(v.text.find("similar in the observed attributes"), std::string::npos);
    EXPECT_NE(v.text.find("does not prove comparability (ICH Q5E)"), std::string::npos);
  }
}

TEST(CompareLots, JudgesEveryUseByItself) {
  const Design design(6, 6);
  std::vector<double> value{0, .1, .2, 0, .1, .2, .5, .6, .7, .5, .6, .7};
  auto wide = design.endpoint(value, 1.0), narrow = design.endpoint(value, 0.3);
  narrow.final_use = "nerve";
  const auto found = design.compare({wide, narrow});
  ASSERT_EQ(found.verdicts.size(), 2U);
  EXPECT_EQ(found.verdicts[0].final_use, "cartilage");
  EXPECT_EQ(found.verdicts[0].outcome, Outcome::equivalent);
  EXPECT_EQ(found.verdicts[1].outcome, Outcome::different);
}

TEST(CompareLots, OnlyDescribesFewLots) {
  const Design design(11, 2);
  std::vector<double> value(13, 0.0);
  for (int l = 0; l < 13; ++l) value[l] = 0.01 * (l % 3);
  const auto found = design.compare({design.endpoint(value, 5.0)});
  const auto& e = found.endpoints.front();
  EXPECT_EQ(e.outcome, Outcome::descriptive);
  EXPECT_FALSE(e.test.equivalent);
  EXPECT_FALSE(std::isnan(e.test.difference));
  EXPECT_TRUE(std::isnan(e.rates.false_reject));
  EXPECT_EQ(found.verdicts.front().outcome, Outcome::descriptive);
  EXPECT_EQ(comparability_table(found).column<std::string>("status").front(), "LOW_N");
}

TEST(CompareLots, FallsBackToTheSpreadOfOtherLots) {
  const Design design(4, 4, 5);
  std::vector<double> value{0, .1, .2, .1, .1, .2, 0, .1, 1, 2, 3, 4, 5};
  const auto found = design.compare({design.endpoint(value)});
  EXPECT_NEAR(found.endpoints.front().test.margin, 1.5 * std::sqrt(2.5), 1e-12);
  EXPECT_EQ(comparability_table(found).column<std::string>("flags").front(), "FALLBACK_MARGIN");
  const Design no_others(4, 4, 2);
  value.resize(10);
  const auto none = no_others.compare({no_others.endpoint(value)});
  EXPECT_EQ(none.endpoints.front().outcome, Outcome::descriptive);
  EXPECT_EQ(comparability_table(none).column<std::string>("flags").front(), "NO_MARGIN");
  EXPECT_EQ(comparability_table(none).column<std::string>("status").front(), "NOT_TESTED");
}

TEST(CompareLots, PairsLotsThatShareAnId) {
  Design design(5, 4);
  const std::vector<double> value{0, 10, 20, 30, 99, 0.1, 10.2, 20.0, 30.1};
  const auto apart = design.compare({design.endpoint(value, 1.0)});
  EXPECT_FALSE(apart.endpoints.front().paired);
  EXPECT_NE(apart.endpoints.front().outcome, Outcome::equivalent);
  for (int l = 0; l < 4; ++l) design.lots[l].pair = design.lots[5 + l].pair = "P" + std::to_string(l);
  const auto paired = design.compare({design.endpoint(value, 1.0)});
  EXPECT_TRUE(paired.endpoints.front().paired);
  EXPECT_TRUE(paired.endpoints.front().test.equivalent);
  EXPECT_NEAR(paired.endpoints.front().test.difference, 0.1, 1e-12);
  EXPECT_EQ(paired.endpoints.front().test.n_before, 4);
  EXPECT_EQ(comparability_table(paired).column<std::string>("flags").front(), "UNPAIRED_LEFT_OUT");
  design.lots[8].pair = "alone";  // one lot without a partner: no lot is paired
  EXPECT_FALSE(design.compare({design.endpoint(value, 1.0)}).endpoints.front().paired);
  design.lots[8].pair = "P0";
  EXPECT_THROW(design.compare({design.endpoint(value, 1.0)}), InputError);
}

TEST(CompareLots, TakesComponentsAsOneEndpointThatKnowsNoPairs) {
  Design design(11, 8);
  stats::NormalStream normal(4, stats::Purpose::simulate, 0);
  Endpoint components{
      .final_use = "cartilage", .name = "components", .kind = Endpoint::Kind::components, .value = {}, .width = 2};
  for (std::size_t i = 0; i < 2 * design.lots.size(); ++i) components.value.push_back(normal());
  components.value[0] = components.value[1] = std::nan("");  // a lot without a vector
  auto found = design.compare({components}).endpoints.front();
  EXPECT_EQ(found.test.n_before, 10);
  EXPECT_DOUBLE_EQ(found.test.margin, 1.5);
  EXPECT_TRUE(found.fallback);
  EXPECT_FALSE(found.pairs_ignored);
  EXPECT_DOUBLE_EQ(found.rates.false_accept, 0.05);
  components.margin = 4;
  for (auto& lot : design.lots) lot.pair = lot.id;
  const auto wide = design.compare({components});
  EXPECT_EQ(wide.endpoints.front().outcome, Outcome::equivalent);
  const auto table = comparability_table(wide);
  EXPECT_EQ(table.column<std::string>("test").front(), "noncentral_f");
  EXPECT_EQ(table.column<std::string>("flags").front(), "PAIRS_IGNORED");
  for (const auto l : design.sides.after) components.value[2 * l] += 8;
  EXPECT_EQ(design.compare({components}).endpoints.front().outcome, Outcome::different);
  components.width = 0;
  components.value.clear();
  EXPECT_EQ(design.compare({components}).endpoints.front().outcome, Outcome::descriptive);
}

TEST(CompareLots, TellsWhichFunctionWasMeasuredAndNotCompared) {
  const Design design(6, 6);
  const auto share = design.endpoint({0, .1, .2, 0, .1, .2, 0, .1, .2, 0, .1, .2}, 1.0);
  auto function = share;
  function.kind = Endpoint::Kind::outcome;
  const ComparabilityOptions measured{.measured_functions = {"vegf"}};
  const auto text = [&](const std::vector<Endpoint>& endpoints, const ComparabilityOptions& options) {
    return compare_lots(design.lots, design.sides, endpoints, options).verdicts.front().text;
  };
  EXPECT_NE(text({share}, measured).find("no function was compared, although vegf was measured"), std::string::npos);
  EXPECT_EQ(text({share}, {}).find("although"), std::string::npos);
  EXPECT_NE(text({share, function}, measured).find("function among them"), std::string::npos);
  EXPECT_NE(text({function}, measured).find("no composition"), std::string::npos);
}

TEST(CompareLots, LeavesOutMissingValues) {
  const Design design(5, 5);
  std::vector<double> value{0, .1, std::nan(""), .2, .1, 0, std::nan(""), .1, .2, std::nan("")};
  const auto found = design.compare({design.endpoint(value, 1.0)}).endpoints.front();
  EXPECT_EQ(found.test.n_before, 4);
  EXPECT_EQ(found.test.n_after, 3);
  EXPECT_EQ(found.outcome, Outcome::equivalent);
}

TEST(ComparabilityTable, PrintsTheErrorRatesBesideTheVerdict) {
  const Design design(11, 5, 40);
  const auto table = comparability_table(design.compare({design.drawn(0.0, std::nan(""), 3)}));
  EXPECT_NEAR(table.column<double>("false_reject").front(), .38, .004);
  EXPECT_NEAR(table.column<double>("false_accept").front(), .0504, .004);
  EXPECT_EQ(table.column<std::int64_t>("n2").front(), 5);
}

}  // namespace
