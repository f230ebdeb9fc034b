#include "miura/integrate/batches.hpp"

#include <algorithm>
#include <map>

#include "miura/base/error.hpp"

namespace miura::integrate {

namespace {

const std::string& level_of(const matrix::Lot& lot, By by) { return by == By::lot ? lot.id : lot.chemistry; }

By parse(const std::string& word) {
  for (const auto by : {By::none, By::lot, By::chemistry})
    if (word == name_of(by)) return by;
  throw UsageError("integrate.by is none, lot, chemistry, or several of these by commas, not '" + word + "'");
}

void check_levels(const matrix::Lots& lots, By by) {
  if (by == By::none) return;
  if (std::ranges::all_of(lots, [by](const matrix::Lot& lot) { return level_of(lot, by).empty(); }))
    throw UsageError("integrate.by = " + name_of(by) + ": the sample sheet gives no lot a " + name_of(by));
  for (const auto& lot : lots)
    if (level_of(lot, by).empty())
      throw InputError({.file = {}, .row = lot.sheet_row, .column = name_of(by), .lot = lot.id},
                       "is empty, but cells are to be integrated by it");
  if (batches_of(lots, by).name.size() < 2)
    throw UsageError("integrate.by = " + name_of(by) + ": all lots have the same, so there is nothing to correct");
}

Plan default_plan(const matrix::Lots& lots) {
  std::map<std::string, int> n_lots;
  for (const auto& lot : lots) ++n_lots[lot.chemistry];
  if (n_lots.contains("")) return {{By::none}, "a lot has no chemistry in the sample sheet"};
  if (n_lots.size() < 2) return {{By::none}, "all lots have the same chemistry"};
  for (const auto& [chemistry, n] : n_lots)
    if (n < 2) return {{By::none}, "chemistry '" + chemistry + "' has one lot only"};
  return {{By::chemistry}, "several chemistries with several lots each"};
}

}  // namespace

std::string name_of(By by) {
  switch (by) {
    case By::lot:
      return "lot";
    case By::chemistry:
      return "chemistry";
    case By::none:
      break;
  }
  return "none";
}

Plan plan_integration(const matrix::Lots& lots, std::span<const std::string> declared) {
  if (declared.empty()) return default_plan(lots);
  Plan plan{{}, "declared"};
  for (const auto& word : declared) {
    const auto by = parse(word);
    if (std::ranges::find(plan.by, by) != plan.by.end())
      throw UsageError("integrate.by: '" + word + "' is named twice");
    check_levels(lots, by);
    plan.by.push_back(by);
  }
  return plan;
}

Batches batches_of(const matrix::Lots& lots, By by) {
  if (by == By::none) return {{""}, std::vector<std::int32_t>(lots.size(), 0)};
  Batches batches;
  for (const auto& lot : lots) batches.name.push_back(level_of(lot, by));
  std::ranges::sort(batches.name);
  const auto repeated = std::ranges::unique(batches.name);
  batches.name.erase(repeated.begin(), repeated.end());
  for (const auto& lot : lots) {
    const auto at = std::ranges::lower_bound(batches.name, level_of(lot, by));
    batches.of_lot.push_back(static_cast<std::int32_t>(at - batches.name.begin()));
  }
  return batches;
}

}  // namespace miura::integrate
