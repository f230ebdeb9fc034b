#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/association/cluster_association.hpp"

namespace miura::association {

/// One cluster of one partition over all lots; `lot` arguments below are indices into the composition.
class ClusterShare {
public:
  ClusterShare(const matrix::Composition& partition, std::int32_t cluster)
      : partition_(&partition), cluster_(cluster) {}

  const matrix::Composition& partition() const noexcept { return *partition_; }
  std::int32_t cluster() const noexcept { return cluster_; }
  std::int64_t cells(std::int32_t lot) const noexcept {
    return partition_->count[std::int64_t{cluster_} * partition_->n_lots + lot];
  }
  /// Correctly rounded, so that equal shares of lots of different size are equal numbers.
  double fraction(std::int32_t lot) const noexcept {
    return static_cast<double>(cells(lot)) / static_cast<double>(partition_->lot_size[lot]);
  }
  std::vector<double> fractions(std::span<const std::int32_t> lots) const;

private:
  const matrix::Composition* partition_;
  std::int32_t cluster_;
};

/// A row that is being filled, and what it is about.
struct Tested {
  Row row;
  const ClusterShare* share;
  const Outcome* outcome;
  std::vector<std::int32_t> lots;  ///< that have the outcome

  bool in_family() const noexcept { return row.status == Status::ok || row.status == Status::few_cells; }
  std::vector<double> values(std::span<const std::int32_t> of_lots) const;
};

/// Everything about a row that needs no relabeling: shares, S, rho, its interval, leaving lots out, and the status as
/// far as it is known without p-values.
void describe(Tested& tested, const Options& options);

/// Adds a remark to `flags`.
void flag(Row& row, std::string_view remark);

}  // namespace miura::association
