#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "miura/matrix/intervals.hpp"

namespace miura::enrichment {

/// An interval in the coordinates of a Background.
struct Placed {
  std::int32_t chromosome = 0;
  std::int64_t start = 0, end = 0;  ///< start < end
  bool operator==(const Placed&) const = default;
};

/// Where intervals of a set could have been: the tested regions (all promoters, all probes of the array, the
/// mappable genome). The regions of a chromosome are laid end to end, so that positions count bases of the background
/// alone; an overlap of two intervals in these coordinates is their overlap inside the background.
class Background {
public:
  /// Regions in any order; overlapping ones are merged. std::logic_error for none.
  explicit Background(std::span<const matrix::Interval> regions);

  std::int32_t n_chromosomes() const noexcept { return static_cast<std::int32_t>(chromosomes_.size()); }
  /// Bases of the background on a chromosome.
  std::int64_t length(std::int32_t chromosome) const { return chromosomes_[chromosome].before.back(); }
  std::int64_t length() const;
  bool has(const std::string& chromosome) const { return number_.contains(chromosome); }

  /// The intervals that have a base inside the background, clipped to it, by chromosome, start and end.
  std::vector<Placed> place(std::span<const matrix::Interval> intervals) const;

private:
  struct Chromosome {
    std::vector<std::int64_t> start, end;  ///< of the regions, ascending, apart
    std::vector<std::int64_t> before;      ///< bases in the regions before each, and of all
    std::int64_t inside(std::int64_t position) const;
  };
  std::vector<Chromosome> chromosomes_;
  std::map<std::string, std::int32_t> number_;
};

}  // namespace miura::enrichment
