#include "simulate/outcomes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "simulate/samplers.hpp"
#include "simulate/transcriptome.hpp"

namespace {

using namespace miura::simulate;

struct Planned {
  Options options;
  Populations populations = stromal_states();
  std::vector<LotPlan> lots = plan_lots(options, populations);
  std::vector<double> fraction = designed(lots);

  static std::vector<double> designed(const std::vector<LotPlan>& lots) {
    std::vector<double> all;
    for (const auto& lot : lots) all.insert(all.end(), lot.design.begin(), lot.design.end());
    return all;
  }
  std::vector<double> of_state(std::int32_t state) const {
    std::vector<double> chosen;
    for (std::size_t i = 0; i < lots.size(); ++i) chosen.push_back(lots[i].design[static_cast<std::size_t>(state)]);
    return chosen;
  }
  double rho_over_training(std::int32_t state, const Outcome& outcome) const {
    return spearman(of_training_lots(lots, of_state(state)), of_training_lots(lots, outcome.value));
  }
};

Planned planned(Options options) { return {.options = std::move(options)}; }

TEST(Spearman, HasItsKnownAnswers) {
  const std::vector<double> x{1, 2, 3, 4, 5}, with_ties{1, 1, 2, 3, 3};
  EXPECT_DOUBLE_EQ(spearman(x, std::vector<double>{2, 4, 8, 16, 32}), 1);
  EXPECT_DOUBLE_EQ(spearman(x, std::vector<double>{5, 4, 3, 2, 1}), -1);
  EXPECT_DOUBLE_EQ(spearman(x, std::vector<double>{2, 1, 4, 3, 5}), 0.8);  // 1 - 6 x 4 / (5 x 24)
  EXPECT_NEAR(spearman(x, with_ties), 0.9486832980505138, 1e-15);          // 9 / sqrt(10 x 9)
  EXPECT_TRUE(std::isnan(spearman(x, std::vector<double>(5, 1.0))));
  EXPECT_TRUE(std::isnan(spearman(std::vector<double>{1, 2}, std::vector<double>{1, 2})));
}

TEST(Outcomes, HoldThePlantedCorrelationForEverySeed) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    for (const double rho : {0.8, -0.5, 0.0}) {
      const auto study = planned({.rho = rho, .seed = seed});
      const auto outcomes = draw_outcomes(study.options, study.populations, study.lots, study.fraction);
      ASSERT_EQ(outcomes[0].name, "vegf_ischemia");
      EXPECT_NEAR(study.rho_over_training(study.populations.functional, outcomes[0]), rho, 0.04) << seed;
      EXPECT_NEAR(study.rho_over_training(study.populations.functional, outcomes[1]), 0.35, 0.04) << seed;
      EXPECT_NEAR(study.rho_over_training(study.populations.immune, outcomes[2]), 0.7, 0.04) << seed;
    }
}

TEST(Outcomes, FollowTheStateInLotsThatWereNotSelectedForIt) {
  double sum = 0;
  constexpr int seeds = 40;
  for (int seed = 1; seed <= seeds; ++seed) {
    const auto study = planned({.lots_bm_test = 20, .seed = static_cast<std::uint64_t>(seed)});
    const auto outcome = draw_outcomes(study.options, study.populations, study.lots, study.fraction)[0];
    const auto fraction = study.of_state(study.populations.functional);
    sum += spearman(std::span(fraction).subspan(11, 20), std::span(outcome.value).subspan(11, 20));
  }
  EXPECT_GT(sum / seeds, 0.65);
  EXPECT_LT(sum / seeds, 0.9);
}

TEST(Outcomes, OfANullStudyDoNotLookAtTheFractions) {
  const auto study = planned({.null = true});
  auto other = study.fraction;
  std::reverse(other.begin(), other.end());
  const auto draw = [&](const Options& o, const std::vector<double>& fraction) {
    std::vector<std::vector<double>> values;
    for (const auto& outcome : draw_outcomes(o, study.populations, study.lots, fraction))
      values.push_back(outcome.value);
    return values;
  };
  EXPECT_EQ(draw(study.options, study.fraction), draw(study.options, other));
  const auto linked = draw({}, study.fraction), linked_to_other = draw({}, other);
  for (const std::size_t tied : {0, 1, 2}) EXPECT_NE(linked[tied], linked_to_other[tied]) << tied;
  EXPECT_EQ(linked[3], linked_to_other[3]);  // osteo_diff is tied to nothing
}

TEST(Outcomes, ExistForOneLot) {
  const auto study = planned({.lots_bm = 1, .lots_bm_test = 0, .lots_ad = 0, .lots_uc = 0});
  for (const auto& outcome : draw_outcomes(study.options, study.populations, study.lots, study.fraction)) {
    ASSERT_EQ(outcome.value.size(), 1U);
    EXPECT_GT(outcome.value[0], 0) << outcome.name;
  }
}

TEST(Lots, StayTheSameWhenOthersAreAdded) {
  const auto few = planned({.lots_bm = 3, .lots_bm_test = 0, .lots_ad = 1, .lots_uc = 0}).lots;
  const auto many = planned({.lots_bm = 9, .lots_ad = 4}).lots;
  EXPECT_EQ(few[2].design, many[2].design);
  EXPECT_EQ(few[3].id, "AD01");
  const auto same = std::find_if(many.begin(), many.end(), [](const auto& lot) { return lot.id == "AD01"; });
  EXPECT_EQ(few[3].design, same->design);
  EXPECT_EQ(few[3].n_barcodes, same->n_barcodes);
}

TEST(PairsOfLots, DifferByTheChangeAloneAndLeaveOthersAsTheyAre) {
  const auto none = planned({}).lots, same = planned({.pairs = 300}).lots,
             changed = planned({.pairs = 300, .change = 0.45}).lots;
  ASSERT_EQ(same.size(), none.size() + 600);
  for (std::size_t i = 0; i < none.size(); ++i) EXPECT_EQ(same[i].design, none[i].design);
  const auto mean_shift = [&](const auto& lots) {  // of the logit of CL3's share
    double shift = 0;
    const auto logit = [](double p) { return std::log(p / (1 - p)); };
    for (std::size_t i = none.size(); i < lots.size(); i += 2) {
      EXPECT_EQ(lots[i].pair, lots[i + 1].pair);
      EXPECT_EQ(lots[i].donor, lots[i + 1].donor);
      EXPECT_EQ(lots[i].process + lots[i + 1].process, "beforeafter");
      EXPECT_EQ(lots[i].sex, lots[i + 1].sex);
      EXPECT_EQ(lots[i].chemistry, lots[i + 1].chemistry);
      EXPECT_NE(lots[i].id, lots[i + 1].id);
      EXPECT_NE(lots[i].key, lots[i + 1].key);
      shift += (logit(lots[i + 1].design[1]) - logit(lots[i].design[1])) / 300;
    }
    return shift;
  };
  EXPECT_NEAR(mean_shift(same), 0, 0.06);
  EXPECT_NEAR(mean_shift(changed), std::log(0.45), 0.1);  // of the odds, for a logit is the log of odds
}

TEST(Lots, VaryAroundTheSharesOfTheirSource) {
  const auto lots = planned({.lots_bm = 400}).lots;
  double mean = 0, squares = 0;
  for (std::size_t i = 0; i < 400; ++i) {
    mean += lots[i].design[1] / 400;
    squares += lots[i].design[1] * lots[i].design[1] / 400;
  }
  EXPECT_NEAR(mean, 0.17, 0.02);                                                    // marrow's share of CL3
  EXPECT_NEAR(std::sqrt(squares - mean * mean), std::sqrt(.17 * .83 / 23), 0.015);  // Dirichlet of concentration 22
}

}  // namespace
