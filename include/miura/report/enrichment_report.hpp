#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "miura/report/study_report.hpp"

namespace miura::report {

/// A gene set and a list: a row of enrichment.tsv.
struct SetRow {
  std::string group, direction, collection, set, description;
  std::int64_t k = 0, in_set = 0, n = 0, universe = 0;
  double fold = missing, log10_p = missing, log10_fdr = missing;
  std::string genes;
};

/// A gene set along a ranking: a row of enrichment_ranked.tsv.
struct SetAlongRanking {
  std::string group, collection, set, direction;
  std::int64_t size = 0;
  double es = missing, nes_genes = missing, fdr_genes = missing, nes_lots = missing, p_lots = missing,
         fdr_lots = missing;
  std::int64_t n_lots = 0;  ///< relabelings of the lots; 0: genes alone were permuted
};

/// Two sets of intervals: a row of overlap.tsv.
struct OverlapRow {
  std::string first, direction_first, second, direction_second, background, count;
  std::int64_t n_first = 0, n_second = 0, observed = 0;
  double null_mean = missing;
  std::int64_t null_95 = 0;
  double p_more = missing, p_fewer = missing, fdr = missing;
};

/// What lies round a gene: rows of gene_tracks.tsv.
struct GeneTrack {
  struct Piece {
    std::string track, name;  ///< track `gene`: the gene itself
    std::int64_t start = 0, end = 0;
    double score = missing;
  };
  std::string gene, chromosome, strand;
  std::int64_t start = 0, end = 0;  ///< of the window, from 0, the end not inside
  std::vector<Piece> pieces;
};

/// All that the report.html of gene sets and intervals shows, taken as it stands.
struct EnrichmentReport {
  std::string study, program_version;
  double alpha = 0.05;  ///< false discovery rate
  std::vector<SetRow> sets;
  std::vector<SetAlongRanking> ranked;
  std::vector<OverlapRow> overlaps;
  std::vector<GeneTrack> tracks;
  std::vector<MethodStep> method;
  std::vector<NamedText> settings;
  std::vector<std::string> warnings;
  std::vector<NamedText> files;
  std::vector<NamedText> inputs;  ///< file -> SHA-256
};

/// One self-contained page, as render_html() makes it of a study. Not collective.
std::string render_enrichment(const EnrichmentReport& report);

}  // namespace miura::report
