#pragma once

#include "miura/simulate/study.hpp"
#include "simulate/populations.hpp"
#include "simulate/transcriptome.hpp"

namespace miura::simulate {

/// Draws the UMI counts of a lot: gamma-Poisson around exp(level + shift of the lot + programmes of the cell), with
/// ambient molecules, doublets, damaged cells and near-empty barcodes among them.
DrawnLot draw_counts(const Options& options, const Populations& populations, const Transcriptome& transcriptome,
                     const LotPlan& lot);

}  // namespace miura::simulate
