#pragma once

#include "miura/report/differential_report.hpp"
#include "miura/report/enrichment_report.hpp"

namespace miura::report::planted {

/// A methylation array with three hits, a class of regions, a gene, and no times.
inline DifferentialReport two_groups() {
  DifferentialReport report;
  report.study = "beta.csv";
  report.program_version = "test";
  report.reference = "WT";
  report.compared = "KD";
  report.n_features = 600;
  for (int i = 0; i < 40; ++i)
    report.features.push_back({.feature = "cg" + std::to_string(i),
                               .gene = "WNT5A",
                               .time = {},
                               .difference = 0.01 * i - 0.1,
                               .p = i < 3 ? 1e-9 : 0.02 * i,
                               .q = i < 3 ? 1e-6 : 0.9,
                               .direction = i < 3 ? "hypo" : ""});
  report.regions = {{.region = "all", .direction = "hyper", .n_tested = 600, .n_hits = 0, .expected = 0},
                    {.region = "all",
                     .direction = "hypo",
                     .n_tested = 600,
                     .n_hits = 3,
                     .expected = 3,
                     .null_mean = 0.4,
                     .null_95 = 2,
                     .p_count = 0.008},
                    {.region = "TSS200", .direction = "hyper", .n_tested = 100, .n_hits = 0, .expected = 0},
                    {.region = "TSS200",
                     .direction = "hypo",
                     .n_tested = 100,
                     .n_hits = 3,
                     .expected = 0.5,
                     .odds_ratio = 31,
                     .log10_p_enriched = -2.3,
                     .null_mean = 0.1,
                     .null_95 = 1,
                     .p_count = 0.004,
                     .p_top_enriched = 0.01}};
  report.genes = {{.gene = "WNT5A",
                   .best_feature = "cg0",
                   .n_tested = 12,
                   .n_promoter = 10,
                   .promoter_down = 3,
                   .p_promoter_up = 1,
                   .p_promoter_down = 0.004,
                   .mean_difference = -0.05}};
  report.gene_probes = {{.gene = "WNT5A",
                         .chromosome = "chr3",
                         .probes = {{"cg9", "Body", 55'466'000, 0.02, 0.4, 0.9, ""},
                                    {"cg0", "TSS200", 55'490'100, -0.31, 1e-9, 1e-6, "hypo"},
                                    {"cg7", "TSS1500;TSS200", 55'491'400, missing, missing, missing, ""}}}};
  report.method = {{"Tests", "moderated t"}};
  return report;
}

/// A list against gene sets, a ranking, two interval sets, and what lies round WNT5A.
inline EnrichmentReport gene_sets() {
  EnrichmentReport report;
  report.study = "hits.txt";
  report.program_version = "test";
  report.sets = {{.group = {},
                  .direction = "up",
                  .collection = "GO",
                  .set = "GO:1",
                  .description = "cell migration",
                  .k = 8,
                  .in_set = 20,
                  .n = 67,
                  .universe = 712,
                  .fold = 4.2,
                  .log10_p = -400.5,
                  .log10_fdr = -398.25,
                  .genes = "A;B"},
                 {.group = {},
                  .direction = "up",
                  .collection = "GO",
                  .set = "GO:2",
                  .description = "http://go",
                  .k = 1,
                  .in_set = 20,
                  .n = 67,
                  .universe = 712,
                  .fold = 0.5,
                  .log10_p = -0.1,
                  .log10_fdr = 0,
                  .genes = "C"}};
  report.ranked = {{.group = "potency",
                    .collection = "GO",
                    .set = "GO:1",
                    .direction = "up",
                    .size = 20,
                    .es = 0.6,
                    .nes_genes = 2.1,
                    .fdr_genes = 0.001,
                    .nes_lots = 1.4,
                    .p_lots = 0.08,
                    .fdr_lots = 0.2,
                    .n_lots = 999}};
  report.overlaps = {{.first = "H3K4me3",
                      .direction_first = "up",
                      .second = "islands",
                      .direction_second = "all",
                      .background = "chrom",
                      .count = "first",
                      .n_first = 150,
                      .n_second = 60,
                      .observed = 85,
                      .null_mean = 40,
                      .null_95 = 52,
                      .p_more = 0.0001,
                      .p_fewer = 1,
                      .fdr = 0.0002}};
  report.tracks = {{.gene = "WNT5A",
                    .chromosome = "chr3",
                    .strand = "-",
                    .start = 55'455'000,
                    .end = 55'500'000,
                    .pieces = {{"gene", "WNT5A", 55'465'715, 55'490'539, missing},
                               {"H3K4me3", "peak7", 55'489'000, 55'491'500, 12.5},
                               {"probes", "cg1", 55'490'100, 55'490'101, -0.3}}}};
  report.method = {{"Lists", "hypergeometric"}};
  return report;
}

}  // namespace miura::report::planted
