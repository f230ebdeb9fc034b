#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace miura::report {

/// Cells in the plane and what they can be coloured by, as a page carries them: positions of 16 bits and expression of
/// 8 bits, so that a million cells with a dozen genes take some 20 MB. Cells stand lot by lot.
struct CellMap {
  struct Lot {
    std::string lot, source, role;
    std::int64_t cells = 0;            ///< that are drawn
    std::vector<double> outcome = {};  ///< one per CellMap::outcomes; NaN unknown
  };
  struct Gene {
    std::string gene, marker_of;           ///< and the cluster that it marks; empty: chosen by the user
    double largest = 0;                    ///< expression at level 255
    std::vector<std::uint8_t> level = {};  ///< a cell: 0 where it was not counted
  };
  static constexpr std::uint8_t no_cluster = 255;
  static constexpr std::size_t most_clusters = 255;

  std::vector<Lot> lots;
  std::vector<std::string> clusters;  ///< names of the cluster numbers
  std::vector<std::string> outcomes;
  std::vector<std::uint16_t> x, y;    ///< 0 to 65535 in the same unit, y upwards
  std::vector<std::uint8_t> cluster;  ///< or no_cluster
  std::vector<Gene> genes;
  std::vector<std::uint16_t> behind_x, behind_y;  ///< cells of the reference that are drawn behind, uncoloured
  std::int64_t n_cells = 0;                       ///< in all, where only some are drawn
};

}  // namespace miura::report
