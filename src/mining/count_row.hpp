#pragma once

#include <cstdint>
#include <string>

#include "mining/joint_tests.hpp"
#include "miura/mining/screen.hpp"
#include "miura/permutation/hit_counts.hpp"

namespace miura::mining {

/// What is known of a count before it is tested; its null is NaN, and it is NOT_TESTED.
CountRow untested_row(const std::string& kind, const std::string& name, std::int64_t n_lines);

/// What the null distribution says of a count, and what independence would.
void fill(CountRow& row, const permutation::HitCounts& counts, const permutation::HitCount& count,
          const JointTests& joint, const permutation::HitRule& rule);

}  // namespace miura::mining
