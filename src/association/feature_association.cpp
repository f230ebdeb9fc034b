#include "miura/association/feature_association.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "association/family_tests.hpp"

namespace miura::association {

namespace {

void check(const matrix::Measurements& features) {
  if (std::ssize(features.value) != features.n_features() * features.n_samples())
    throw std::logic_error("a table of features does not have a value for every feature and sample");
  if (std::ranges::any_of(features.value, [](double v) { return std::isinf(v); }))
    throw std::logic_error("a table of features holds an infinite value");
}

/// Lots of which at least half of the features are known; the others are named in left_out.
Lots kept_lots(const matrix::Measurements& features, std::vector<std::int32_t>& left_out) {
  std::vector<std::int64_t> known(features.n_samples());
  for (std::int64_t f = 0; f < features.n_features(); ++f)
    for (std::int32_t lot = 0; lot < features.n_samples(); ++lot) known[lot] += std::isnan(features.of(f)[lot]) ? 0 : 1;
  Lots kept;
  for (std::int32_t lot = 0; lot < features.n_samples(); ++lot)
    (2 * known[lot] >= features.n_features() ? kept : left_out).push_back(lot);
  return kept;
}

struct FeatureFamily {
  std::vector<FeatureRow> rows;
  std::vector<Tested> tested;
};

/// The rows of a family, described but not yet tested, by feature and outcome.
FeatureFamily described(MPI_Comm comm, const std::string& name, const matrix::Measurements& features,
                        std::span<const Outcome* const> outcomes, const LotDesign& design, const Options& options,
                        LotSets& lot_sets) {
  FeatureFamily family;
  family.rows.resize(features.n_features() * std::ssize(outcomes));
  const auto fewest = fewest_lots(options, std::ssize(family.rows));
  std::vector<const Lots*> lots_with;
  for (const auto* outcome : outcomes) lots_with.push_back(&*lot_sets.insert(design.lots_with(*outcome)).first);
  for (std::int64_t f = 0; f < features.n_features(); ++f)
    for (std::size_t m = 0; m < outcomes.size(); ++m) {
      const auto value = features.of(f);
      const auto missing = [&](std::int32_t lot) { return std::isnan(value[lot]); };
      const auto* lots = lots_with[m];
      if (std::ranges::any_of(*lots, missing)) {
        auto both = *lots;
        std::erase_if(both, missing);
        lots = &*lot_sets.insert(std::move(both)).first;
      }
      auto& row = family.rows[family.tested.size()];
      row.family = name;
      row.feature = f;
      row.outcome = outcomes[m]->name;
      family.tested.push_back({&row, value, outcomes[m], lots});
    }
  fill_rows(comm, std::ssize(family.rows), options, [&](std::int64_t i) {
    describe(family.tested[i], design, options, fewest);
    if (options.statistic == Statistic::spearman) family.rows[i].statistic = family.rows[i].rho;
  });
  return family;
}

RowTests tests_of(MPI_Comm comm, FeatureFamily& family, const LotDesign& design, const Options& options) {
  return options.statistic == Statistic::spearman ? rank_tests(comm, family.tested, design, options)
                                                  : group_tests(comm, family.tested, family.rows, options);
}

/// S and rho belong to ranks: they say nothing of a t statistic.
void forget_ranks(FeatureRow& row) {
  row.s = 0;
  for (auto* column : {&row.rho, &row.ci_lo, &row.ci_hi, &row.loo_rho_min, &row.loo_rho_max}) *column = not_computed;
}

}  // namespace

FeatureResult associate_features(MPI_Comm comm, const matrix::Measurements& features, std::span<const Outcome> outcomes,
                                 const Options& options) {
  check(features);
  check(outcomes, features.n_samples(), options);
  check_groups(outcomes, options);
  FeatureResult result;
  if (features.feature.empty() || outcomes.empty()) return result;
  const LotDesign design(options.design, features.n_samples(), kept_lots(features, result.left_out));
  LotSets lot_sets;
  for (const auto& [name, members] : families_of(outcomes, options)) {
    Family family{.name = name};
    auto found = described(comm, name, features, members, design, options, lot_sets);
    const auto tests = tests_of(comm, found, design, options);
    test_each(found.tested, options, tests);
    test_family(found.tested, design, options, tests, lot_sets, family);
    declare(found.tested, options, family);
    gate(found.tested, result.families);
    if (options.statistic == Statistic::t || options.statistic == Statistic::welch)
      std::ranges::for_each(found.rows, forget_ranks);
    std::ranges::move(found.rows, std::back_inserter(result.rows));
    result.families.push_back(std::move(family));
  }
  return result;
}

std::vector<FeatureRow> test_features_alone(MPI_Comm comm, const matrix::Measurements& features,
                                            std::span<const Outcome> outcomes, const Options& options) {
  check(features);
  check(outcomes, features.n_samples(), options);
  check_groups(outcomes, options);
  if (features.feature.empty() || outcomes.empty()) return {};
  Lots all(features.n_samples());
  for (std::int32_t lot = 0; lot < features.n_samples(); ++lot) all[lot] = lot;
  const LotDesign design(options.design, features.n_samples(), all);
  LotSets lot_sets;
  std::vector<const Outcome*> members;
  for (const auto& outcome : outcomes) members.push_back(&outcome);
  auto found = described(comm, {}, features, members, design, options, lot_sets);
  test_each(found.tested, options, tests_of(comm, found, design, options));
  return std::move(found.rows);
}

}  // namespace miura::association
