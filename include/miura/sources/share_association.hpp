#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/association/evidence.hpp"
#include "miura/matrix/lots.hpp"
#include "miura/matrix/table.hpp"
#include "miura/permutation/rank_tests.hpp"

namespace miura::sources {

/// The one cluster that was declared before the mapped lots were looked at, in every lot.
struct DeclaredCluster {
  std::string name;
  std::vector<double> share;           ///< a lot: of its cells; NaN: not known
  std::vector<std::int64_t> cells;     ///< a lot: how many the share is of
  std::vector<std::uint8_t> far = {};  ///< a lot: marked where as a whole it lies far from the reference; or empty
  /// The sign that rho had in the training lots: `greater` or `less`.
  permutation::Side hypothesis = permutation::Side::greater;
};

struct ShareAssociationOptions {
  std::int64_t min_cells_per_lot = 50;                        ///< smaller lots are left out, their shares say little
  double alpha = 0.05;                                        ///< a row that cannot reach it is TOO_MANY_TIES
  permutation::Options relabelings = permutation::Options();  ///< `side` is the hypothesis, whatever stands here
};

/// The share against the outcome over some mapped lots. `p_exact` and `p_min_attainable` are one-sided.
struct ShareRow : association::Evidence {
  std::string cluster;
  permutation::Side hypothesis = permutation::Side::greater;
  std::string role, source;  ///< whose lots; "all": of several roles or sources together
};

struct ShareAssociation {
  std::vector<ShareRow> rows;
  std::vector<std::int32_t> left_out;  ///< mapped lots with fewer than min_cells_per_lot cells
};

/// Whether the share of the declared cluster goes with the outcome in lots that had no part in finding it: Spearman's
/// rho over the mapped lots (any role but `train`) with the one-sided permutation p of the pre-declared sign.
///
/// A row for each role and source; one for each role over its sources and one over all mapped lots, where these are
/// several. Several sources are strata: lots are relabeled within their source only, and rho is of aligned ranks of
/// logit shares log((c + 1/2) / (N - c + 1/2)) and of the outcome. Each row is a family of one and is tested
/// from 4 lots on: n = 4 can reach .042, n = 5 .0083, 4 and 5 lots of two sources 3.5e-4. Lots without share or outcome
/// take no part; flag FEW_CELLS:lot,lot names those with too few cells, FAR:lot,lot those that take
/// part though they lie far from the reference.
///
/// Collective; everything is replicated and the same on any layout. std::logic_error for sizes that do not fit and a
/// two-sided hypothesis.
ShareAssociation share_association(MPI_Comm comm, const matrix::Lots& lots, const DeclaredCluster& cluster,
                                   const association::Outcome& outcome, const ShareAssociationOptions& options);

/// tables/mapped_association.tsv (docs/methods/sources.md): rows of any number of outcomes.
matrix::Table share_association_table(std::span<const ShareRow> rows);

/// tables/mapped_shares.tsv: the share of the declared cluster beside each outcome, a row for each mapped lot.
matrix::Table mapped_share_table(const matrix::Lots& lots, const DeclaredCluster& cluster,
                                 std::span<const association::Outcome> outcomes);

}  // namespace miura::sources
