#pragma once

#include "association/cluster_share.hpp"

namespace miura::association {

/// Fills rho_cell_lo and rho_cell_hi: the central 1 - alpha of rho when every lot's cells are drawn again from its own
/// composition. A cluster's count in a multinomial draw is binomial, and each row needs one cluster only. Draws are
/// keyed by (seed, partition, cluster, lot), so they do not depend on what else is tested.
void add_cell_noise(ClusterFamily& family, const LotDesign& design, const Options& options);

}  // namespace miura::association
