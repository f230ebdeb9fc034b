#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "miura/matrix/features.hpp"
#include "miura/simulate/study.hpp"
#include "simulate/populations.hpp"

namespace miura::simulate {

/// States of cultured stromal cells; the last two are phases of the cell cycle, on top of another state.
Populations stromal_states();
inline constexpr std::int32_t first_cycling_state = 6;

/// What genes do whatever the lot: the same for every seed, and drawn gene by gene, so that a study of more genes has
/// the same named ones. All vectors are per gene.
struct Transcriptome {
  matrix::Features genes;
  std::vector<double> log_level;              ///< ln of the expected share of transcripts
  std::vector<double> dispersion;             ///< of the gamma-Poisson
  std::vector<std::vector<float>> programme;  ///< ln fold change, one vector a state
  std::vector<float> stress;                  ///< ln fold change along an axis that every cell has its place on
  std::array<std::vector<float>, 3> source_shift;
  std::vector<float> older_kit_shift;
  std::vector<std::uint8_t> mitochondrial;
  std::vector<std::int32_t> female, male;  ///< genes that one sex lacks
};

Transcriptome make_transcriptome(const Options& options, const Populations& populations);

}  // namespace miura::simulate
