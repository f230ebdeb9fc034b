#include "miura/association/cluster_association.hpp"

#include <cmath>
#include <stdexcept>

#include "association/cell_noise.hpp"
#include "association/cell_numbers.hpp"
#include "association/cluster_share.hpp"
#include "association/conditional.hpp"
#include "association/family_tests.hpp"
#include "miura/base/error.hpp"

namespace miura::association {

namespace {

void check(std::span<const matrix::Composition> partitions, const Options& options) {
  for (const auto& partition : partitions) {
    if (partition.lot_size != partitions.front().lot_size || std::ssize(partition.lot_size) != partition.n_lots ||
        std::ssize(partition.count) != std::int64_t{partition.n_clusters} * partition.n_lots)
      throw std::logic_error("the partitions of a family do not have the same lots");
  }
  if (options.statistic != Statistic::spearman)
    throw UsageError("shares of clusters are tested by Spearman's rho; miura associate compares two groups");
}

/// Lots large enough for their shares to say something; the others are named in the result.
Lots kept_lots(const matrix::Composition& partition, const Options& options, Result& result) {
  Lots kept;
  for (std::int32_t lot = 0; lot < partition.n_lots; ++lot) {
    const auto cells = partition.lot_size[lot];
    const bool large = cells > 0 && cells >= options.min_cells_per_lot;
    (large ? kept : result.left_out).push_back(lot);
  }
  return kept;
}

/// The rows of a family, described but not yet tested, by partition, cluster and outcome.
ClusterFamily described(MPI_Comm comm, const std::string& name, std::span<const ClusterShare> shares,
                        std::span<const Outcome* const> outcomes, const LotDesign& design, const Options& options,
                        LotSets& lot_sets) {
  ClusterFamily family;
  family.rows.resize(shares.size() * outcomes.size());
  const auto fewest = fewest_lots(options, std::ssize(family.rows));
  for (const auto& share : shares)
    for (const auto* outcome : outcomes) {
      auto& row = family.rows[family.tested.size()];
      row.family = name;
      row.integration = share.partition().integration;
      row.resolution = share.partition().resolution;
      row.seed = share.partition().seed;
      row.cluster = share.cluster();
      row.outcome = outcome->name;
      family.tested.push_back({&row, share.value(), outcome, &*lot_sets.insert(design.lots_with(*outcome)).first});
      family.share.push_back(&share);
    }
  fill_rows(comm, std::ssize(family.rows), options, [&](std::int64_t i) {
    describe(family.tested[i], design, options, fewest);
    describe_cells(family.tested[i], *family.share[i], options);
  });
  return family;
}

}  // namespace

Result associate(MPI_Comm comm, std::span<const matrix::Composition> partitions, std::span<const Outcome> outcomes,
                 const Options& options) {
  Result result;
  check(partitions, options);
  if (partitions.empty() || outcomes.empty()) return result;
  const auto n_lots = partitions.front().n_lots;
  check(outcomes, n_lots, options);
  const LotDesign design(options.design, n_lots, kept_lots(partitions.front(), options, result));
  std::vector<ClusterShare> shares;
  for (const auto& partition : partitions)
    for (std::int32_t k = 0; k < partition.n_clusters; ++k) shares.emplace_back(partition, k, design.aligned());

  LotSets lot_sets;
  for (const auto& [name, members] : families_of(outcomes, options)) {
    Family family{.name = name};
    auto clusters = described(comm, name, shares, members, design, options, lot_sets);
    const auto tests = rank_tests(comm, clusters.tested, design, options);
    test_each(clusters.tested, options, tests);
    const auto family_lots = test_family(clusters.tested, design, options, tests, lot_sets, family);
    adjust_for_cell_numbers(comm, clusters, design, options);
    declare(clusters.tested, options, family);
    test_given_declared(comm, clusters, family_lots, design, options);
    add_cell_noise(clusters, design, options);
    gate(clusters.tested, result.families);
    for (auto& row : clusters.rows) result.rows.push_back(std::move(row));
    result.families.push_back(std::move(family));
  }
  return result;
}

}  // namespace miura::association
