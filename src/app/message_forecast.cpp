#include "app/message_forecast.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace miura::app {

namespace {

/// The symbols of docs/scaling.md.
struct Symbols {
  double cells, reference, training;  ///< C, R, T
  double entries, entries_a_cell;     ///< E; of variable genes in a cell
  double features, genes, lots, training_lots;
  double components, neighbors, partitions, outcomes;
  double ranks, others;  ///< P; the share of the other ranks in all, (P - 1) / P
  double surplus;        ///< reference cells that the busiest rank hands over or takes to even out their shares
};

/// Points that every rank shows every other one, round a ring.
double ring(const Symbols& s, double points, double dims) { return 2 * s.others * 4 * dims * points; }

/// The nearest neighbours of the reference cells among them, found in even shares.
double searched(const Symbols& s, double dims, double neighbors) {
  return ring(s, s.reference, dims) + s.surplus * (4 * dims + 12 * neighbors);
}

/// What all ranks hold in parts, made known to all of them.
double everywhere(const Symbols& s, double bytes) { return 2 * s.others * bytes; }

/// A vector of 64-bit sums, reduced over all ranks.
double reduced(double values) { return 2 * 8 * values; }

/// Counts, or values of tables, that the busiest rank reads for others or others for it.
double moved_entries(const StudySize& size, int ranks) {
  std::vector<std::int64_t> bytes;
  for (const auto& lot : size.of_lots) bytes.push_back(lot.bytes);
  const auto reader = input::readers(bytes, ranks);
  std::vector<double> moved(ranks);
  for_each_owner(size, ranks, [&](std::size_t l, int owner, double share) {
    if (owner == reader[l]) return;
    const auto entries = share * static_cast<double>(size.of_lots[l].entries);
    moved[owner] += entries;
    moved[reader[l]] += entries;
  });
  return std::ranges::max(moved);
}

/// Reference cells by which a rank differs most from an even share, of which the others relieve it or it them; 0 where
/// that is not worth the way (parallel::Partition::is_lopsided).
double surplus(const StudySize& size, int ranks) {
  const auto owned = owned_reference_cells(size, ranks);
  const double even = static_cast<double>(size.reference_cells) / ranks;
  const auto [least, most] = std::ranges::minmax(owned);
  return most < 1.1 * even ? 0.0 : std::max(most - even, even - least);
}

Symbols symbols(const StudySize& size, const RunOptions& o, const Layout& layout) {
  const auto of = [](auto number) { return static_cast<double>(number); };
  Symbols s{};
  s.cells = of(size.cells);
  s.reference = of(size.reference_cells);
  s.training = of(size.training_cells);
  s.entries = size.tables ? 0 : of(size.entries);
  s.features = of(size.features);
  s.genes = variable_features(size, o);
  s.entries_a_cell = variable_share(size, o) * of(size.entries) / std::max(1.0, s.cells);
  s.lots = of(size.lots);
  s.training_lots = of(size.training_lots);
  s.components = std::min(s.genes, of(o.pca.components));
  s.neighbors = of(o.shared.k);
  s.partitions = n_partitions(o);
  s.outcomes = of(outcomes_named(o).size());
  s.ranks = of(layout.ranks);
  s.others = (s.ranks - 1) / s.ranks;
  s.surplus = surplus(size, layout.ranks);
  return s;
}

/// The nearest neighbours of the reference cells, and the graph of those that they share.
double graph_of_reference(const Symbols& s) {
  constexpr double points_a_round = 8192;
  const double mine = s.reference / s.ranks, round = std::min(points_a_round, mine);
  const double mentions = 2 * 16 * s.neighbors * mine * s.others;
  const double asked = 1 - std::exp(-round * s.neighbors / s.reference);  // share of the points
  const double length = s.neighbors * (2 - asked);  // those named most are asked for first, and theirs are longest
  const double rounds = std::ceil(mine / points_a_round);
  return searched(s, s.components, s.neighbors) + mentions +
         2 * 8 * (2 + length) * s.reference * s.others * asked * rounds;
}

/// Edges of a reference cell: most of its neighbours' neighbours are its own where cells are few, hardly any where they
/// are many. Found: 217 of 456 cells, 117 of 2,900, 111 of 15,500, 12 of 750,000.
double edges_a_cell(const Symbols& s) { return 90 * (1 + 450 / s.reference) / (1 + s.reference / 100'000); }

double clusters(const StudySize& size, const Symbols& s) {
  const double graph = (20 * edges_a_cell(s) + 8) * s.reference;
  const double followed = std::min((s.training - s.reference) * s.neighbors / s.ranks, s.reference);
  const double labels = 2 * s.others * s.partitions * (4 * s.reference / s.ranks + 12 * followed);
  constexpr double in_another = 0.4;  // cells of other batches share no neighbours where coordinates are not corrected
  const auto others = static_cast<double>(size.graphs) - 1;
  return (1 + in_another * others) * everywhere(s, graph) + (1 + others) * searched(s, s.components, s.neighbors) +
         labels + others * graph_of_reference(s);
}

double stability(const StudySize& size, const Symbols& s, const RunOptions& o) {
  constexpr double longer = 3;  // lists of neighbours than a neighbourhood
  const double cells = resampled_cells(size, o);
  const double bytes = 4 * s.components + 12 * longer * (s.neighbors - 1) + 16;
  return 1.2 * (everywhere(s, bytes * cells) + ring(s, cells, s.components));
}

/// Every lot is mapped, or held out of the reference and mapped onto the rest. Its cells, mostly of one rank, are
/// searched for by all, and so are the reference cells of a rank that has more than others.
double mapping(const Symbols& s, const RunOptions& o) {
  constexpr double checked_features = 200, answers = 600;  // bytes a cell: the neighbourhoods of both ends of an anchor
  constexpr double anchored = 0.3;                         // of the reference cells
  const auto& a = o.mapping.anchor;
  const auto dims = static_cast<double>(o.mapping.dims);
  const double cells_a_lot = s.cells / s.lots;
  const double row = 4 * dims, neighbor = 12, of_two_searches = 2 * (row + neighbor * a.k_score);
  const double of_reference_cell =
      row + neighbor * a.k_anchor + anchored * (row + neighbor * a.k_score + 4 * checked_features);
  return s.lots * (ring(s, s.reference, dims) + ring(s, cells_a_lot, 2 * dims + checked_features) +
                   2 * s.others * answers * cells_a_lot + s.surplus * of_reference_cell) +
         2 * s.others * s.cells / s.ranks * of_two_searches;
}

double layout_in_plane(const StudySize& size, const Symbols& s, const RunOptions& o) {
  const auto plan = umap::plan_for(size.reference_cells, o.umap.epochs);
  return 8 * s.reference * plan.epochs * plan.rounds + 2 * ring(s, s.reference, s.components);
}

/// Pairs of cells for simulated doublets, and all of these and of the cells shown to the others.
double doublets(const Symbols& s, const RunOptions& o) {
  const double simulated = o.doublets.simulated_per_cell * s.cells;
  const double counts = 2 * s.others * 2 * simulated / s.ranks * (32 + 8 * s.entries_a_cell);
  return counts + ring(s, s.cells + simulated, s.components);
}

/// The counts, gene by gene, and what is found of `contrasts` between clusters.
double markers(const Symbols& s, double contrasts) {
  const double entries = s.entries * s.training / std::max(1.0, s.cells);
  return 2 * 8 * entries / s.ranks * s.others +
         contrasts * (reduced(s.features * s.training_lots) + everywhere(s, 96 * s.features));
}

/// In all cells and in each cluster: what is counted of each gene and outcome, and the means of its lots.
double genes(const Symbols& s) {
  constexpr double counts = 10;
  return (1 + usual_clusters) * (reduced(counts * s.features * s.outcomes) + everywhere(s, 8 * s.features * s.lots));
}

double neighborhoods(const StudySize& size, const Symbols& s, const RunOptions& o) {
  constexpr double steps = 3, nearest = 15;
  const double relabeled = neighborhood_relabelings(size, o);
  const double halo = std::min(s.others * s.reference, nearest * s.reference / s.ranks);
  return s.outcomes * (reduced(2 * relabeled) + everywhere(s, 2 * 8 * relabeled)) +
         2 * halo * 8 * s.training_lots * steps;
}

}  // namespace

std::map<std::string, double> message_forecast(const StudySize& size, const RunOptions& o, const Layout& layout) {
  if (layout.ranks == 1 || size.cells == 0) return {};
  const auto s = symbols(size, o, layout);
  std::map<std::string, double> bytes;
  bytes["read"] = (size.tables ? 8 : 2.1) * moved_entries(size, layout.ranks) + 150 * s.features;
  if (!size.tables) bytes["normalize"] = 6 * reduced(s.features * s.lots) + everywhere(s, 8 * s.features * s.lots);
  bytes["pca"] = reduced(s.genes * (s.genes + 1) / 2) + 8 * s.genes * s.components + 8 * s.surplus * s.entries_a_cell;
  if (size.integrations > 0) {
    constexpr double soft_cluster = 26e3;  // its sums over batches and components, in all rounds
    bytes["integrate"] = soft_cluster * std::min(100.0, s.training / 30);
  }
  bytes["neighbors"] = graph_of_reference(s);
  if (o.labels.empty()) {
    bytes["cluster"] = clusters(size, s);
    if (o.stability_replicates > 0) bytes["stability"] = stability(size, s, o);
  }
  if (o.markers && !size.tables) {
    auto& of_markers = bytes["markers"] = markers(s, usual_clusters);
    if (!o.marker_pairs.empty()) of_markers += markers(s, pairs_of_clusters(o));
    if (o.marker_split) {
      auto once = s;
      once.partitions = 1;
      of_markers += markers(s, usual_clusters) + clusters(size, once) + bytes["normalize"] + bytes["pca"] +
                    bytes["integrate"] + bytes["neighbors"];
    }
  }
  if (size.training_lots < size.lots) bytes["mapping"] = mapping(s, o);
  if (o.umap_layout) bytes["umap"] = layout_in_plane(size, s, o);
  if (o.score_doublets && !size.tables) bytes["cell_states"] = doublets(s, o);
  if (s.outcomes > 0) {
    constexpr double test = 2e3;
    bytes["association"] = test * usual_clusters * s.partitions;
    if (o.genes && !size.tables) bytes["genes"] = genes(s);
    if (tests_neighborhoods(size, o)) bytes["neighborhoods"] = neighborhoods(size, s, o);
  }
  bytes["report"] = 2 * (250e3 + 1080 * s.cells / s.ranks * s.others);
  return bytes;
}

}  // namespace miura::app
