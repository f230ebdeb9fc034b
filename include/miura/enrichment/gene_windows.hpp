#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/matrix/intervals.hpp"
#include "miura/matrix/table.hpp"

namespace miura::enrichment {

/// Bases before and behind a start of transcription, in its own direction.
struct PromoterWindow {
  std::int64_t upstream = 2'000, downstream = 500;
};

/// The window round the start of each gene; cut at position 0.
matrix::Intervals promoters(std::span<const matrix::Interval> genes, const PromoterWindow& window);

/// The genes of a list, all places of each. Names that no gene has go to `unknown`.
matrix::Intervals genes_named(std::span<const matrix::Interval> genes, std::span<const std::string> names,
                              std::vector<std::string>& unknown);

/// Intervals by what they are, e.g. the name of their file.
struct Track {
  std::string name;
  matrix::Intervals intervals;
};

/// What lies within `flank` bases of each gene: a row an interval, and one for the gene itself (track `gene`), ready to
/// be drawn. Columns in docs/methods/enrichment.md.
matrix::Table gene_tracks(std::span<const matrix::Interval> genes, std::span<const Track> tracks, std::int64_t flank);

}  // namespace miura::enrichment
