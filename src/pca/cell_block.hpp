#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/grid.hpp"
#include "pca/reference.hpp"
#include "pca/triangle.hpp"

namespace miura::pca {

/// Features in the order in which their products are added up: those that few cells have, then the frequent ones, each
/// group ascending. Products of two frequent features are cheaper as a product of dense matrices.
struct FeatureOrder {
  std::vector<std::int32_t> place;  ///< of each feature
  std::int32_t n_rare;              ///< so many places come before the frequent ones

  std::int32_t n_frequent() const noexcept { return static_cast<std::int32_t>(place.size()) - n_rare; }
};

/// All as they come, none of them frequent.
FeatureOrder as_they_come(std::int32_t n_features);
/// `n_cells_with`: of each feature, in how many of the cells it is not 0.
FeatureOrder by_frequency(std::span<const std::int64_t> n_cells_with, std::int64_t n_cells);

/// Some cells, by cell and by feature, and their products; scratch of one thread.
///
/// Products of frequent features are added up in double by BLAS: exact, in any order, for at most 2^53 / largest
/// product cells.
class CellBlock {
public:
  /// Room for so many cells with so many entries in all. `order` outlives the block.
  CellBlock(const FeatureOrder& order, std::int64_t most_cells, std::int64_t most_entries);

  /// These rows of x, after the cut.
  void load(const matrix::GridMatrix& x, std::span<const std::int64_t> rows, const Scaling& scaling);
  /// Adds the products of each pair of features, summed over the cells, to a triangle by places.
  void add_products(Triangle shape, std::int64_t* sums);

private:
  struct Entry {
    std::int32_t place;
    std::int32_t value;
  };
  /// Where a rare feature occurs: from there to the end of its cell are the partners in its products.
  struct Occurrence {
    std::int32_t at;
    std::int32_t cell_end;
  };
  void add_products_of_rare(Triangle shape, std::int64_t* sums) const;
  void add_products_of_frequent(Triangle shape, std::int64_t* sums);

  const FeatureOrder& order_;
  std::int64_t n_cells_ = 0;
  std::vector<Entry> entry_;               ///< cell after cell, places ascending
  std::vector<Occurrence> occurrence_;     ///< rare feature after rare feature
  std::vector<std::int32_t> feature_end_;  ///< in `occurrence_`
  std::vector<double> frequent_;           ///< cells x frequent features
  std::vector<double> product_;            ///< of some frequent features with those from the first of them on
};

}  // namespace miura::pca
