#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "miura/report/study_report.hpp"

namespace miura::report {

/// A feature of two groups: a row of differential.tsv, or one of differential_times.tsv.
struct DifferenceRow {
  std::string feature, gene, time;
  double difference = missing, p = missing, q = missing;
  std::string direction;  ///< of a hit: up or down, hyper or hypo; else empty
};

/// Hits of one direction in one class of regions: a row of region_classes.tsv.
struct RegionHitRow {
  std::string region, direction;
  std::int64_t n_tested = 0, n_hits = 0;
  double expected = missing, odds_ratio = missing, log10_p_enriched = missing;
  double null_mean = missing, null_95 = missing, p_count = missing, p_top_enriched = missing;
};

/// A gene with hits: a row of differential_genes.tsv.
struct HitGeneRow {
  std::string gene, best_feature;
  std::int64_t n_tested = 0, n_promoter = 0, promoter_up = 0, promoter_down = 0;
  double p_promoter_up = missing, p_promoter_down = missing, mean_difference = missing;
};

/// The features of a chosen gene along the genome: rows of gene_probes.tsv.
struct GeneProbes {
  struct Probe {
    std::string feature, region;  ///< region: class, several joined by `;`
    std::int64_t position = 0;
    double difference = missing, p = missing, q = missing;
    std::string direction;  ///< of a hit
  };
  std::string gene, chromosome;
  std::vector<Probe> probes;  ///< by position
};

/// All that the report.html of a comparison of two groups shows, taken as it stands.
struct DifferentialReport {
  std::string study, reference, compared, program_version;
  double alpha = 0.05;
  std::int64_t n_features = 0;
  std::vector<DifferenceRow> features;  ///< those that are drawn: hits, and some of the others
  std::vector<RegionHitRow> regions;    ///< `all` first; up before down
  std::vector<HitGeneRow> genes;
  std::vector<GeneProbes> gene_probes;
  std::vector<DifferenceRow> times;
  std::vector<MethodStep> method;
  std::vector<NamedText> settings;
  std::vector<std::string> warnings;
  std::vector<NamedText> files;
  std::vector<NamedText> inputs;  ///< file -> SHA-256
};

/// One self-contained page, as render_html() makes it of a study. Not collective.
std::string render_differential(const DifferentialReport& report);

}  // namespace miura::report
