#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "miura/association/cluster_association.hpp"
#include "miura/matrix/composition.hpp"
#include "miura/stats/random.hpp"

namespace miura::calibration {

/// Lots as a laboratory would have them, before any cell is counted.
struct LotModel {
  std::int32_t n_lots = 11;
  std::vector<double> share{.25, .20, .16, .14, .10, .09, .06};  ///< of the clusters, in a middling lot
  double lot_sd = 0.5;                                ///< of the logarithm of a cluster's weight, between lots
  std::int64_t fewest_cells = 300, most_cells = 700;  ///< of a lot, evenly on the scale of logarithms
  double size_with_outcome = 0.0;                     ///< latent correlation of a lot's size and the first outcome
  std::int32_t causal = -1;                           ///< cluster whose weight goes with the first outcome; -1: none
  double causal_sd = 0.5;                             ///< in place of lot_sd for the causal cluster
  double rho = 0.0;                                   ///< latent correlation of the two
  std::int32_t outcomes = 1;
  double outcome_correlation = 0.5;            ///< latent, of every two
  std::vector<std::int32_t> lots_of_source{};  ///< lots come from sources that differ in shares and outcomes
  double source_sd = 1.5;                      ///< between sources, of weights (in lot sd) and outcomes
  double confounder = 0.0;  ///< latent correlation of a continuous covariate with weights and outcomes
};

/// Cells of every lot in the clusters of one or more partitions, and what the lots do. Nothing is associated unless the
/// model says so.
struct PlantedLots {
  std::vector<matrix::Composition> partitions;
  std::vector<association::Outcome> outcomes;
  std::vector<std::string> source;
  std::vector<double> covariate;
};

/// The clusters of the model as one partition. Study `study` of a seed is always the same.
PlantedLots plant(const LotModel& model, std::uint64_t seed, std::uint64_t study);

/// How a grid of partitions cuts the same cells: twelve types of cells, of five blocks each, are merged into fewer or
/// more clusters; a seed moves about 15 % of the blocks to a neighbouring cluster.
struct Grid {
  std::vector<std::int32_t> clusters{4, 6, 8, 10};  ///< one resolution each
  std::int32_t seeds = 8;
};

/// The same lots with the model's shares replaced by twelve types of cells, cut by every partition of the grid.
PlantedLots plant(LotModel model, const Grid& grid, std::uint64_t seed, std::uint64_t study);

}  // namespace miura::calibration
