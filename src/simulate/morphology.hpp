#pragma once

#include "miura/matrix/features.hpp"
#include "miura/simulate/study.hpp"
#include "simulate/populations.hpp"

namespace miura::simulate {

/// Shapes of cultured stromal cells under a five-channel stain (DNA, ER, RNA, AGP = actin, Golgi and plasma membrane,
/// Mito), the assay of Bray et al. (2016), Cell Painting.
Populations morphological_states();

/// Names of the columns, units in the name where there is one.
matrix::Features morphology_features();

/// Draws the cell x feature table of a lot. Each feature hangs on a few of 15 latent factors (sizes, shapes, and for
/// every channel the stain and the texture); states and lots shift the factors, features have scales of their own.
DrawnLot draw_morphology(const Options& options, const Populations& populations, const LotPlan& lot);

}  // namespace miura::simulate
