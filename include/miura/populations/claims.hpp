#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "miura/matrix/table.hpp"
#include "miura/populations/population.hpp"

namespace miura::populations {

/// What an association found of one cluster of the grid.
struct Evidence {
  double rho = std::numeric_limits<double>::quiet_NaN();
  double p = std::numeric_limits<double>::quiet_NaN();         ///< of this cluster by itself
  double p_family = std::numeric_limits<double>::quiet_NaN();  ///< over the whole grid (maxT)
  bool declared = false;
};

/// Of all clusters of the grid, numbered as in Overlaps; clusters that were not tested hold NaN.
struct OutcomeEvidence {
  std::string outcome;
  std::vector<Evidence> of_cluster;
};

struct ClaimOptions {
  double stable = 0.6;  ///< claims on a population that is less stable are worded so: whose members should not be
                        ///< trusted (fpc::clusterboot); on a continuum most populations lie below, separate ones above
};

struct Claims {
  std::vector<std::string> name;  ///< of each population: P1, P2, ...
  matrix::Table table;            ///< `populations`: a row a population and outcome (docs/methods/populations.md)

  /// What a row of the association has in its column `population`.
  const std::string& name_of(const Merged& merged, std::int32_t cluster) const {
    return name[merged.population[cluster]];
  }
};

/// Names the populations by what the first outcome says (smallest p over the grid, smallest p, largest |rho|; then by
/// number), words the claims, and makes the table. Without outcomes the names are by number of clusters and the table
/// has one row a population. Not collective: all of it is replicated.
Claims weigh(const Populations& populations, std::span<const OutcomeEvidence> outcomes,
             const ClaimOptions& options = {});

}  // namespace miura::populations
