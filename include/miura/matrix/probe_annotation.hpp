#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace miura::matrix {

/// Where the probes of a table lie: of each the genes, and in which region of them. Replicated.
struct ProbeAnnotation {
  struct Entry {
    std::int32_t gene = -1;    ///< index of gene; -1: of none
    std::int32_t region = -1;  ///< index of region; -1: of none
    bool operator==(const Entry&) const = default;
  };
  std::vector<std::string> gene;       ///< names, in the order of their first probe
  std::vector<std::string> region;     ///< names: TSS200, Body ...
  std::vector<std::int64_t> start{0};  ///< n_probes + 1
  std::vector<Entry> entry;            ///< of one probe none is there twice
  std::vector<std::uint8_t> listed;    ///< of each probe: 1 if the annotation names it

  /// A base of the genome, counted from 1; -1: not known.
  struct Place {
    std::int32_t chromosome = -1;  ///< index of chromosome
    std::int64_t position = -1;
    bool operator==(const Place&) const = default;
  };
  std::vector<std::string> chromosome;  ///< names, in the order of their first probe
  std::vector<Place> place;             ///< of each probe; empty: the annotation tells no places

  std::int64_t n_probes() const noexcept { return std::ssize(start) - 1; }
  std::span<const Entry> of(std::int64_t probe) const noexcept {
    return std::span(entry).subspan(start[probe], start[probe + 1] - start[probe]);
  }
};

}  // namespace miura::matrix
