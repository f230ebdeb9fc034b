#include "miura/populations/counterparts.hpp"

#include <limits>
#include <stdexcept>

#include "miura/stats/ranks.hpp"

namespace miura::populations {

namespace {

/// Of the lots of which the other labeling knows cells too.
std::vector<double> shares_of(const matrix::Composition& c, std::int32_t cluster, const matrix::Composition& other) {
  std::vector<double> shares;
  for (std::int32_t lot = 0; lot < c.n_lots; ++lot)
    if (c.lot_size[lot] > 0 && other.lot_size[lot] > 0)
      shares.push_back(static_cast<double>(c.cells(cluster, lot)) / static_cast<double>(c.lot_size[lot]));
  return shares;
}

}  // namespace

std::vector<Counterpart> counterparts(const Overlaps& overlaps, std::span<const matrix::Composition> shares) {
  if (std::ssize(shares) != overlaps.n_labelings())
    throw std::logic_error("counterparts need the composition of every labeling");
  std::vector<Counterpart> found;
  for (std::int32_t a = 0; a < overlaps.n_labelings(); ++a)
    for (std::int32_t b = a + 1; b < overlaps.n_labelings(); ++b)
      for (std::int32_t k = 0; k < overlaps.end_of(a) - overlaps.first_of(a); ++k) {
        const auto match = overlaps.best_match(overlaps.first_of(a) + k, b);
        const auto other = match.cluster < 0 ? -1 : match.cluster - overlaps.first_of(b);
        const auto rho =
            other < 0 ? std::numeric_limits<double>::quiet_NaN()
                      : stats::spearman_rho(shares_of(shares[a], k, shares[b]), shares_of(shares[b], other, shares[a]));
        found.push_back({a, k, b, other, match.jaccard, rho});
      }
  return found;
}

}  // namespace miura::populations
