#include "miura/association/cluster_association.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "association/cell_noise.hpp"
#include "association/cluster_share.hpp"
#include "association/family_tests.hpp"
#include "miura/base/error.hpp"

namespace miura::association {

namespace {

void check(std::span<const matrix::Composition> partitions, std::span<const Outcome> outcomes, const Options& options) {
  for (const auto& partition : partitions) {
    if (partition.lot_size != partitions.front().lot_size || std::ssize(partition.lot_size) != partition.n_lots ||
        std::ssize(partition.count) != std::int64_t{partition.n_clusters} * partition.n_lots)
      throw std::logic_error("the partitions of a family do not have the same lots");
  }
  const auto known = [&](const std::string& name) { return std::ranges::count(outcomes, name, &Outcome::name); };
  for (const auto& outcome : outcomes) {
    if (known(outcome.name) != 1) throw UsageError(fmt::format("outcome {} is named twice", outcome.name));
    if (!partitions.empty() && std::ssize(outcome.value) != partitions.front().n_lots)
      throw std::logic_error("an outcome does not have a value for every lot");
    if (std::ranges::any_of(outcome.value, [](double v) { return std::isinf(v); }))
      throw UsageError(fmt::format("outcome {} is infinite for some lot", outcome.name));
  }
  for (const auto& name : options.primary)
    if (known(name) == 0) throw UsageError(fmt::format("the primary outcome {} is not among the outcomes", name));
  if (!(options.alpha > 0.0 && options.alpha < 1.0)) throw UsageError("association.alpha must lie between 0 and 1");
}

/// Lots large enough for their shares to say something; the others are named in the result.
std::vector<std::int32_t> kept_lots(const matrix::Composition& partition, const Options& options, Result& result) {
  std::vector<std::int32_t> kept;
  for (std::int32_t lot = 0; lot < partition.n_lots; ++lot) {
    const auto cells = partition.lot_size[lot];
    if (cells > 0 && cells >= options.min_cells_per_lot) {
      kept.push_back(lot);
      continue;
    }
    result.left_out.push_back(lot);
  }
  return kept;
}

/// The rows of a family, described but not yet tested, by partition, cluster and outcome.
std::vector<Tested> rows_of(const std::string& family, std::span<const ClusterShare> shares,
                            std::span<const Outcome* const> outcomes, std::span<const std::int32_t> kept,
                            const Options& options) {
  std::vector<Tested> rows;
  for (const auto& share : shares)
    for (const auto* outcome : outcomes) {
      auto& tested = rows.emplace_back(Tested{{}, &share, outcome, {}});
      for (const auto lot : kept)
        if (!std::isnan(outcome->value[lot])) tested.lots.push_back(lot);
      tested.row.family = family;
      tested.row.integration = share.partition().integration;
      tested.row.resolution = share.partition().resolution;
      tested.row.seed = share.partition().seed;
      tested.row.cluster = share.cluster();
      tested.row.outcome = outcome->name;
      describe(tested, options);
    }
  return rows;
}

void declare(std::span<Tested> rows, const Options& options, Family& family) {
  for (auto& [row, share, outcome, lots] : rows) {
    row.declared = row.p_max_t_step <= options.alpha;  // false for NaN
    if (row.status == Status::few_cells && row.p_adj_n > options.alpha) row.declared = false;
    family.rejects = family.rejects || row.declared;
  }
}

}  // namespace

Result associate(MPI_Comm comm, std::span<const matrix::Composition> partitions, std::span<const Outcome> outcomes,
                 const Options& options) {
  check(partitions, outcomes, options);
  Result result;
  if (partitions.empty() || outcomes.empty()) return result;
  const auto kept = kept_lots(partitions.front(), options, result);
  std::vector<ClusterShare> shares;
  for (const auto& partition : partitions)
    for (std::int32_t k = 0; k < partition.n_clusters; ++k) shares.emplace_back(partition, k);

  std::vector<const Outcome*> primary, secondary;
  for (const auto& outcome : outcomes) {
    const bool first =
        options.primary.empty() ? &outcome == &outcomes.front() : std::ranges::count(options.primary, outcome.name) > 0;
    (first ? primary : secondary).push_back(&outcome);
  }
  for (const auto& [name, members] : {std::pair{"primary", primary}, std::pair{"secondary", secondary}}) {
    if (members.empty()) continue;
    Family family{.name = name};
    auto rows = rows_of(name, shares, members, kept, options);
    test_each(comm, rows, options);
    const auto family_lots = test_family(comm, rows, options, family);
    adjust_for_cell_numbers(comm, rows, options);
    declare(rows, options, family);
    test_given_foremost(comm, rows, family_lots, options);
    add_cell_noise(rows, options);
    const bool open = result.families.empty() || result.families.front().rejects;
    for (auto& tested : rows) {
      if (!open && tested.in_family()) flag(tested.row, "EXPLORATORY");
      result.rows.push_back(std::move(tested.row));
    }
    result.families.push_back(std::move(family));
  }
  return result;
}

}  // namespace miura::association
