#pragma once

#include <cstdint>

#include "cluster/communities.hpp"

namespace miura::cluster {

/// How vertices take turns. In a round every waiting vertex belongs to one of `classes` hashed classes; the vertices of
/// a class choose at the same time, by the state that the class before left. More classes: closer to one by one, and
/// more exchanges.
struct Turns {
  std::uint64_t seed = 0;
  std::int32_t classes = 1;  ///< at most 65,535
  int max_rounds = 1;
  std::int64_t few_moves = 0;  ///< a round with at most so many moves is the last
};

/// Local moving: each vertex goes where quality gains most, until (nearly) none moves. After the first round only those
/// with a neighbor that has since moved elsewhere choose again. Returns the number of moves. Collective over
/// level.comm.
std::int64_t move_vertices(const LevelGraph& level, const Objective& objective, Communities& communities,
                           const Turns& turns);

/// Refinement (Traag et al. 2019, algorithm A.2, with the best merge in place of a random one): vertices, alone at
/// first, join others inside their community of `whole`. Every refined community is connected. Collective over
/// level.comm.
Communities refine(const LevelGraph& level, const Objective& objective, const Communities& whole, const Turns& turns);

}  // namespace miura::cluster
