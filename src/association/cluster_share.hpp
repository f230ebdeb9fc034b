#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "association/tested.hpp"
#include "miura/association/cluster_association.hpp"

namespace miura::association {

/// One cluster of one partition over all lots; `lot` arguments below are indices into the composition.
class ClusterShare {
public:
  /// `aligned`: values are logits, as they are compared between strata; else fractions.
  ClusterShare(const matrix::Composition& partition, std::int32_t cluster, bool aligned);

  const matrix::Composition& partition() const noexcept { return *partition_; }
  std::int32_t cluster() const noexcept { return cluster_; }
  std::int64_t cells(std::int32_t lot) const noexcept {
    return partition_->count[std::int64_t{cluster_} * partition_->n_lots + lot];
  }
  /// Correctly rounded, so that equal shares of lots of different size are equal numbers.
  double fraction(std::int32_t lot) const noexcept {
    return static_cast<double>(cells(lot)) / static_cast<double>(partition_->lot_size[lot]);
  }
  /// What is ranked, of some of the cells of a lot: their fraction, or log((c + .5) / (N - c + .5)).
  double value_of(std::int64_t cells_of_cluster, std::int64_t all_cells) const;
  /// The same of every lot; NaN where a lot has no cells.
  std::span<const double> value() const noexcept { return value_; }

private:
  const matrix::Composition* partition_;
  std::int32_t cluster_;
  bool aligned_;
  std::vector<double> value_;
};

/// The rows of a family of clusters: entry by entry the row, what is tested, and the cluster that it is about.
struct ClusterFamily {
  std::vector<Row> rows;
  std::vector<Tested> tested;
  std::vector<const ClusterShare*> share;
};

/// What only clusters have: mean and expected numbers of cells, and the status that follows from few, unequal or one
/// lot's cells. Call it after describe().
void describe_cells(const Tested& tested, const ClusterShare& share, const Options& options);

}  // namespace miura::association
