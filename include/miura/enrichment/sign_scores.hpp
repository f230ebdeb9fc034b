#pragma once

#include <cstdint>

#include "miura/enrichment/outcome_scores.hpp"
#include "miura/matrix/measurements.hpp"

namespace miura::enrichment {

struct SignFlips {
  std::int64_t draws = 999;  ///< drawn flips; all 2^lots are taken where they are not more than these and the observed
  std::uint64_t seed = 1;
};

/// Genes scored by how firmly lots agree that they differ between two groups of cells of the same lot, and by how they
/// would if the groups changed places in some lots. `differences`: a gene a row, a lot a column, none of them NaN, no
/// name empty.
///
/// The score is d of Tusher et al. (2001), PNAS 98:5116: mean / (s + s0), s the standard error of the mean over lots,
/// s0 the median s of all genes, which keeps genes with small differences and by chance smaller s from the top. Where
/// no group is higher, a lot's difference may have either sign: a relabeling flips the sign of some lots for all genes
/// together, so what genes have in common stays. Of several rows of a gene the one with the largest |d| counts, under
/// each relabeling anew. std::logic_error for fewer than two lots.
OutcomeScores sign_scores(const matrix::Measurements& differences, const SignFlips& flips);

}  // namespace miura::enrichment
