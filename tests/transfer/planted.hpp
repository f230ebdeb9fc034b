#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "knn/points.hpp"
#include "miura/transfer/cells.hpp"

/// Lots of cells in ten components: three types far from the origin and from each other, each lot a little moved.
namespace miura::transfer_test {

inline constexpr std::int32_t planted_dims = 10;

inline double normal_deviate(stats::RandomStream& random) {
  return std::sqrt(-2 * std::log(1 - random.uniform())) * std::cos(2 * 3.141592653589793 * random.uniform());
}

struct PlantedLot {
  std::vector<float> scores;
  std::vector<std::int32_t> type;  ///< 0 .. 2, or 3: foreign
};

/// `foreign`: share of cells of a type that is in no other lot. The same lot for the same number on any rank.
inline PlantedLot planted_lot(std::uint64_t number, std::int64_t n_cells, double foreign) {
  stats::RandomStream random(number, stats::Purpose::simulate, 4);
  std::array<double, planted_dims> shift;
  for (auto& x : shift) x = 0.3 * normal_deviate(random);
  PlantedLot lot;
  for (std::int64_t i = 0; i < n_cells; ++i) {
    const bool is_foreign = random.uniform() < foreign;
    const auto type = is_foreign ? 3 : static_cast<std::int32_t>(random.below(3));
    lot.type.push_back(type);
    for (std::int32_t d = 0; d < planted_dims; ++d)
      lot.scores.push_back(static_cast<float>((d == type ? 5.0 : 0.0) + shift[d] + 0.8 * normal_deviate(random)));
  }
  return lot;
}

/// Lots 0 .. n_lots - 1 side by side, dealt to the ranks of `comm`.
inline transfer::Reference planted_reference(MPI_Comm comm, std::int32_t n_lots, std::int64_t cells_per_lot,
                                             knn::test::Cut how) {
  std::vector<float> scores;
  std::vector<std::int32_t> type, lot;
  for (std::int32_t l = 0; l < n_lots; ++l) {
    const auto planted = planted_lot(l, cells_per_lot, 0);
    scores.insert(scores.end(), planted.scores.begin(), planted.scores.end());
    type.insert(type.end(), planted.type.begin(), planted.type.end());
    lot.resize(lot.size() + cells_per_lot, l);
  }
  transfer::Reference reference;
  reference.scores = knn::test::mine(comm, scores, std::ssize(type), planted_dims, how);
  const auto from = reference.scores.points.begin(parallel::rank_of(comm));
  const auto to = reference.scores.points.end(parallel::rank_of(comm));
  reference.label.assign(type.begin() + from, type.begin() + to);
  reference.lot.assign(lot.begin() + from, lot.begin() + to);
  reference.n_labels = 3;
  reference.n_lots = n_lots;
  return reference;
}

inline transfer::Query planted_query(MPI_Comm comm, const PlantedLot& lot, knn::test::Cut how) {
  return {knn::test::mine(comm, lot.scores, std::ssize(lot.type), planted_dims, how), {}};
}

}  // namespace miura::transfer_test
