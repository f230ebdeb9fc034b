#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cluster/level_graph.hpp"

namespace miura::cluster {

__extension__ using Int128 = __int128;

/// A partition of a level's vertices, on every rank whole. A community's id is below the number of vertices.
struct Communities {
  std::vector<std::int32_t> of;     ///< community of each vertex
  std::vector<std::int64_t> total;  ///< sum of degrees, by community; 0 if empty
  std::vector<std::int32_t> size;   ///< vertices, by community
};

/// Collective over level.comm.
Communities make_communities(const LevelGraph& level, std::vector<std::int32_t> of);
std::vector<std::int32_t> each_alone(std::int64_t n);
std::int64_t count_nonempty(const Communities& communities);

/// Communities without a way between two of their vertices fall apart into their components; ids become the smallest
/// vertex. Modularity never falls by it: no edge is lost, and the expected weight shrinks. Collective over level.comm.
std::vector<std::int32_t> connected_parts(const LevelGraph& level, std::span<const std::int32_t> community);

/// What is maximised, in whole numbers. The resolution is taken to 2^-20, and is at most 2^10; with a total weight
/// below 2^48 no product here reaches 2^127, so 128 bits hold every gain and every quality without rounding.
struct Objective {
  static constexpr std::int64_t resolution_steps = 1 << 20;
  static constexpr double largest_resolution = 1024;
  static constexpr std::int64_t too_heavy = std::int64_t{1} << 48;

  std::int64_t total = 0;       ///< 2m: all edge weights, both ways round
  std::int64_t resolution = 0;  ///< in steps

  /// Change of quality when a vertex of this degree, with these edges into it, joins a community of this total.
  Int128 gain(std::int64_t edges, std::int64_t degree, std::int64_t community_total) const noexcept {
    return static_cast<Int128>(edges) * total * resolution_steps -
           static_cast<Int128>(resolution) * degree * community_total;
  }
};

/// The two sums that modularity is made of, exact.
struct Quality {
  std::int64_t inside = 0;  ///< weight inside communities, both ways round
  Int128 squares = 0;       ///< of the totals of communities

  Int128 scaled(const Objective& o) const noexcept {
    return static_cast<Int128>(inside) * o.total * Objective::resolution_steps - o.resolution * squares;
  }
};

/// Level 0 only: a coarse level does not know what lies inside its vertices. Collective over level.comm.
Quality quality_of(const LevelGraph& finest, const Communities& communities);

}  // namespace miura::cluster
