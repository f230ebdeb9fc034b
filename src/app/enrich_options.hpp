#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/common_options.hpp"
#include "miura/enrichment/gene_windows.hpp"
#include "miura/enrichment/overlap.hpp"
#include "miura/enrichment/ranked.hpp"
#include "miura/input/gene_table.hpp"

namespace miura::app {

/// What the user typed for `miura enrich`: of genes, or of peaks.
struct EnrichOptions {
  CommonOptions common;

  std::string genes;
  std::vector<std::string> sets, select;
  std::string universe, sheet, outcome, strata;
  input::GeneTableOptions table;
  enrichment::RankedOptions ranked;

  std::vector<std::string> peaks, with, tracks;
  std::string hits, gene_table, background, genome, null = "circular";
  bool by_direction = false;
  std::int64_t summit_window = 0, flank = 10'000;
  int score_column = 5;
  enrichment::PromoterWindow promoter;
  enrichment::OverlapOptions overlap;

  bool of_peaks() const { return !peaks.empty(); }
  bool by_lots() const { return !sheet.empty(); }
};

}  // namespace miura::app
