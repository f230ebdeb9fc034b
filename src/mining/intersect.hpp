#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mining/joint_tests.hpp"
#include "miura/mining/intersection.hpp"
#include "miura/mining/screen.hpp"
#include "miura/permutation/hit_counts.hpp"

namespace miura::mining {

/// The probes of a gene, or a probe, that can meet all terms of an intersection.
struct Unit {
  std::string name, gene;
  std::vector<std::vector<std::int64_t>> probes;  ///< of each term
};

/// Units that have a test in every term; genes in ascending bytes, probes in the order of the panel.
std::vector<Unit> units_of(const LineSet& lines, const Intersection& intersection, const JointTests& joint);

permutation::HitRule rule_of(const Intersection& intersection, const std::vector<Unit>& units, const JointTests& joint);

/// Of every unit, in the direction that fits it better.
std::vector<IntersectionRow> rows_of(const Intersection& intersection, std::int32_t number,
                                     const std::vector<Unit>& units, const JointTests& joint);

/// `rna/ecto`: what a term tests.
std::string pair_of(const LineSet& lines, const Term& term);

/// `rna/ecto:+ rna/meso:-`
std::string signs_of(const LineSet& lines, const Intersection& intersection);

}  // namespace miura::mining
