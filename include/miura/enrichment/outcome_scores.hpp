#pragma once

#include <cstdint>
#include <span>

#include "miura/enrichment/ranked.hpp"
#include "miura/matrix/measurements.hpp"
#include "miura/permutation/relabelings.hpp"

namespace miura::enrichment {

/// Genes scored by how they go with an outcome, and by how they would if the samples were relabeled.
struct OutcomeScores {
  ScoredGenes observed;
  LotRelabelings relabeled;
};

/// Spearman's rho of every feature with the outcome. Of several features with one name (probes of a gene) the one with
/// the largest |rho| counts, under each relabeling anew; a feature that never varies has 0. `features` and `outcome`
/// (one value a sample) must not hold NaN, nor `features` names that are empty. The result holds ranks of all features:
/// 4 bytes a value.
OutcomeScores outcome_scores(const matrix::Measurements& features, std::span<const double> outcome,
                             const permutation::Relabelings& relabelings);

}  // namespace miura::enrichment
