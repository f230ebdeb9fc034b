#pragma once

#include <span>

#include "mining/joint_tests.hpp"
#include "miura/mining/screen.hpp"
#include "miura/permutation/hit_counts.hpp"

namespace miura::mining {

/// What the null distribution says of a count, and what independence would.
void fill(CountRow& row, const permutation::HitCounts& counts, const permutation::HitCount& count,
          const JointTests& joint, const permutation::HitRule& rule);

}  // namespace miura::mining
