#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "enrichment/tested_sets.hpp"

namespace miura::enrichment {

/// Places of a ranked list that hold the same score: where the run of a place begins, and where it ends.
struct TiedPlaces {
  std::vector<std::int32_t> begin, end;
};

/// Which tested sets each gene belongs to.
struct Memberships {
  std::vector<std::int64_t> start;
  std::vector<std::int32_t> set;  ///< of gene g: start[g] .. start[g + 1], ascending

  Memberships(const TestedSets& tested, std::int64_t n_genes);
};

/// The enrichment scores of all sets along one ranked list: scratch of one thread, and its last result.
class RunningSums {
public:
  RunningSums(const Memberships& memberships, const TestedSets& tested, std::int64_t n_genes);

  /// `order`: the gene in each place of the list; `weight`: what each place adds where it hits. Where all hits of a set
  /// weigh nothing, they weigh the same. Places of a tie are passed in one step, so that it does not matter how they
  /// are ordered.
  void walk(std::span<const std::int32_t> order, std::span<const double> weight, const TiedPlaces& tied);

  /// ES of a set: the deviation largest in size, the positive one of two that are equal.
  double score(std::int64_t set) const {
    const auto& s = sums_[set];
    return s.highest >= -s.lowest ? s.highest : s.lowest;
  }
  /// The last place of the rise to a positive ES, or the first place after the fall to a negative one.
  std::int32_t peak(std::int64_t set) const {
    const auto& s = sums_[set];
    return s.highest >= -s.lowest ? s.highest_at : s.lowest_at;
  }

private:
  struct Sum {
    double hit, per_weight, per_miss;
    double highest, lowest;
    std::int32_t n_hits, highest_at, lowest_at;
    float extra_weight;  ///< a hit adds (weight + extra_weight) per_weight
  };
  const Memberships& memberships_;
  const TestedSets& tested_;
  std::int64_t n_genes_;
  std::vector<double> weight_of_all_;  ///< N_R of each set
  std::vector<Sum> sums_;
};

}  // namespace miura::enrichment
