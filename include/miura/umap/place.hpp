#pragma once

#include <mpi.h>

#include <cstdint>

#include "miura/matrix/embedding.hpp"
#include "miura/matrix/graph.hpp"

namespace miura::umap {

struct PlaceOptions {
  std::int32_t k = 15;         ///< nearest reference points that are used
  double min_dist = 0.5;       ///< as in the layout of the reference
  double spread = 1.0;         ///< likewise
  std::int32_t epochs = 100;   ///< refinement after the weighted mean; 0: none. umap-learn's transform: 100, or 30
  std::int32_t negatives = 5;  ///< reference points that push for each one that pulls
  std::uint64_t seed = 1;
};

/// Places new points into a finished layout, which stays as it is: umap-learn's transform. A point starts at the mean
/// of its nearest reference points, weighted by its degrees of membership (see fuzzy_graph), and then follows the same
/// pulls and pushes as the reference did, at a quarter of the step.
///
/// Every point goes its own way: its place depends on the reference and on its own neighbours alone, not on what other
/// points are placed, on their order or on the ranks; equal points get equal places. `queries_to_reference` has the
/// nearest of `reference`, whose ids are its global indices; fewer than k columns are a UsageError. A query without
/// neighbours gets NaN.
///
/// Two values a query of this rank. Collective over `comm`. The reference's positions are replicated: 8 bytes a point.
matrix::Embedding place(MPI_Comm comm, const matrix::Neighbors& queries_to_reference,
                        const matrix::Embedding& reference, const PlaceOptions& options);

}  // namespace miura::umap
