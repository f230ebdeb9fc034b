#include <algorithm>
#include <stdexcept>

#include "miura/neighborhood/association.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/partition.hpp"
#include "neighborhood/largest_rho.hpp"
#include "neighborhood/ranked_rows.hpp"
#include "neighborhood/reaching.hpp"

namespace miura::neighborhood {

namespace {

/// Ranks of the features that are tested against an outcome: features x lots.
std::vector<std::int32_t> tested_features(const permutation::RankTests& clusters, std::int32_t outcome) {
  std::vector<std::int32_t> features;
  for (std::int64_t t = 0; t < clusters.size(); ++t)
    if (clusters.pair[t].outcome == outcome)
      features.insert(features.end(), clusters.x(t).begin(), clusters.x(t).end());
  return features;
}

/// The largest |rho| over clusters under every relabeling.
template <class Lane>
std::vector<double> largest_of_clusters(MPI_Comm comm, std::span<const std::int32_t> features,
                                        std::span<const std::int32_t> outcome,
                                        const permutation::Relabelings& relabelings) {
  const auto rows = packed<Lane>(features, static_cast<std::int32_t>(outcome.size()));
  const auto share = parallel::Partition::even(relabelings.size(), parallel::size_of(comm));
  const int rank = parallel::rank_of(comm);
  const auto mine = largest_rho(rows, outcome, relabelings, share.begin(rank), share.end(rank));
  return parallel::gather_everywhere(comm, std::span(mine));
}

/// Whether two labelings make the same groups.
bool same_strata(std::span<const std::int32_t> a, std::span<const std::int32_t> b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if ((a[i] == a[j]) != (b[i] == b[j])) return false;
  return true;
}

}  // namespace

Omnibus omnibus(MPI_Comm comm, const Association& neighborhoods, const permutation::RankTests& clusters,
                std::int32_t outcome) {
  Omnibus result;
  if (neighborhoods.global_null.empty()) return result;
  result.p_omnibus = neighborhoods.p;
  const auto features = tested_features(clusters, outcome);
  if (features.empty()) return result;
  if (clusters.n_lots != neighborhoods.n || !same_strata(clusters.stratum, neighborhoods.stratum))
    throw std::logic_error("omnibus: clusters and neighborhoods were not tested in the same lots and strata");

  const auto y = std::span(clusters.outcome).subspan(std::size_t{1} * outcome * clusters.n_lots, clusters.n_lots);
  const auto& relabelings = *neighborhoods.relabelings;
  const auto largest = clusters.n_lots <= most_lots_of_float
                           ? largest_of_clusters<float>(comm, features, y, relabelings)
                           : largest_of_clusters<double>(comm, features, y, relabelings);
  auto smaller = each_share_as_large(largest);
  result.p_clusters = smaller.front();
  const auto global = each_share_as_small(neighborhoods.global_null);
  std::ranges::transform(smaller, global, smaller.begin(), [](double a, double b) { return std::min(a, b); });
  result.p_omnibus = share_as_small(smaller, smaller.front());
  return result;
}

}  // namespace miura::neighborhood
