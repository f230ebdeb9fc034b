#include "miura/integrate/batches.hpp"

#include <gtest/gtest.h>

#include "miura/base/error.hpp"

namespace miura::integrate {
namespace {

matrix::Lots lots_with(const std::vector<std::string>& chemistries) {
  matrix::Lots lots;
  for (const auto& chemistry : chemistries) {
    matrix::Lot lot;
    lot.id = "L" + std::to_string(lots.size());
    lot.chemistry = chemistry;
    lot.sheet_row = std::ssize(lots) + 2;
    lots.push_back(lot);
  }
  return lots;
}

std::vector<By> plan(const std::vector<std::string>& chemistries, const std::vector<std::string>& declared = {}) {
  return plan_integration(lots_with(chemistries), declared).by;
}

TEST(PlanIntegration, TakesTheChemistryByDefaultWhereEachHasSeveralLots) {
  EXPECT_EQ(plan({"v2", "v3", "v2", "v3"}), std::vector{By::chemistry});
  EXPECT_EQ(plan({"v2", "v3", "v2", "v3", "v4", "v4"}), std::vector{By::chemistry});
}

TEST(PlanIntegration, TakesNoneByDefaultWhereChemistryIsOneLevelOrOneLot) {
  EXPECT_EQ(plan({"v3", "v3", "v3"}), std::vector{By::none});
  EXPECT_EQ(plan({"v2", "v3", "v3"}), std::vector{By::none});
  EXPECT_EQ(plan({"v2", "v3"}), std::vector{By::none});
  EXPECT_EQ(plan({"", "", "v3", "v3"}), std::vector{By::none});
  EXPECT_EQ(plan({}), std::vector{By::none});
}

TEST(PlanIntegration, SaysWhichRuleChose) {
  const auto why = [](const std::vector<std::string>& chemistries) {
    return plan_integration(lots_with(chemistries), {}).reason;
  };
  EXPECT_EQ(why({"v2", "v3", "v3"}), "chemistry 'v2' has one lot only");
  EXPECT_EQ(why({"v3", "v3"}), "all lots have the same chemistry");
  EXPECT_EQ(why({"v3", ""}), "a lot has no chemistry in the sample sheet");
  EXPECT_EQ(plan_integration(lots_with({"v3"}), std::vector<std::string>{"none"}).reason, "declared");
}

TEST(PlanIntegration, KeepsTheDeclaredOrderSoThatTheFirstIsPrimary) {
  EXPECT_EQ(plan({"v2", "v3", "v3"}, {"lot", "none", "chemistry"}), (std::vector{By::lot, By::none, By::chemistry}));
  EXPECT_EQ(plan({"v2", "v2", "v3", "v3"}, {"none"}), std::vector{By::none});
}

TEST(PlanIntegration, RefusesWhatCannotBeIntegrated) {
  EXPECT_THROW(plan({"v2", "v3"}, {"donor"}), UsageError);
  EXPECT_THROW(plan({"v2", "v3"}, {"lot", "lot"}), UsageError);
  EXPECT_THROW(plan({"v3", "v3"}, {"chemistry"}), UsageError);
  EXPECT_THROW(plan({"v3"}, {"lot"}), UsageError);
  EXPECT_THROW(plan({"", ""}, {"chemistry"}), UsageError);
  try {
    plan({"v2", "v3", ""}, {"chemistry"});
    FAIL() << "a lot without chemistry was accepted";
  } catch (const InputError& e) {
    EXPECT_EQ(e.where().row, 4);
    EXPECT_EQ(e.where().column, "chemistry");
    EXPECT_EQ(e.where().lot, "L2");
  }
}

TEST(BatchesOf, NumbersLevelsByName) {
  const auto lots = lots_with({"v3", "v2", "v3"});
  const auto chemistry = batches_of(lots, By::chemistry);
  EXPECT_EQ(chemistry.name, (std::vector<std::string>{"v2", "v3"}));
  EXPECT_EQ(chemistry.of_lot, (std::vector<std::int32_t>{1, 0, 1}));
  EXPECT_EQ(batches_of(lots, By::lot).of_lot, (std::vector<std::int32_t>{0, 1, 2}));
  EXPECT_EQ(batches_of(lots, By::none).of_lot, (std::vector<std::int32_t>{0, 0, 0}));
}

}  // namespace
}  // namespace miura::integrate
