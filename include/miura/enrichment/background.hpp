#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "miura/matrix/intervals.hpp"

namespace miura::enrichment {

/// An interval in the coordinates of a Background: bases of the background, counted over all its chromosomes.
struct Placed {
  std::int64_t start = 0, end = 0;  ///< start < end
  bool operator==(const Placed&) const = default;
};

/// Where intervals of a set could have been: the tested regions (all promoters, all probes of an array, the mappable
/// genome). The regions are laid end to end, chromosome after chromosome, so that positions count bases of the
/// background alone; the overlap of two intervals in these coordinates is their overlap inside the background.
class Background {
public:
  /// Regions in any order; overlapping ones are merged. std::logic_error for none.
  explicit Background(std::span<const matrix::Interval> regions);

  bool has(const std::string& chromosome) const { return number_.contains(chromosome); }
  /// Where the chromosomes begin, and the bases of all.
  std::span<const std::int64_t> bounds() const noexcept { return bounds_; }
  /// The intervals that have a base inside the background, clipped to it, by start and end.
  std::vector<Placed> place(std::span<const matrix::Interval> intervals) const;

private:
  struct Chromosome {
    std::vector<std::int64_t> start, end;  ///< of the regions, ascending, apart
    std::vector<std::int64_t> before;      ///< bases of the background in front of each region
    std::int64_t inside(std::int64_t position) const;
  };
  std::vector<Chromosome> chromosomes_;
  std::map<std::string, std::size_t> number_;
  std::vector<std::int64_t> bounds_{0};
};

}  // namespace miura::enrichment
