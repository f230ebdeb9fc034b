#include "app/enrichment_page.hpp"

#include <cstdint>

#include "app/page_of_tables.hpp"
#include "app/table_cells.hpp"

namespace miura::app {

namespace {

void add_sets(report::EnrichmentReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.sets.push_back({.group = of.text("cluster", i),
                         .direction = of.text("direction", i),
                         .collection = of.text("collection", i),
                         .set = of.text("set", i),
                         .description = of.text("description", i),
                         .k = of.integer("k", i),
                         .in_set = of.integer("K", i),
                         .n = of.integer("n", i),
                         .universe = of.integer("universe", i),
                         .fold = of.real("fold", i),
                         .log10_p = of.real("log10_p", i),
                         .log10_fdr = of.real("log10_fdr", i),
                         .genes = of.text("genes", i)});
}

void add_ranked(report::EnrichmentReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.ranked.push_back({.group = of.text("cluster", i),
                           .collection = of.text("collection", i),
                           .set = of.text("set", i),
                           .direction = of.text("direction", i),
                           .size = of.integer("size", i),
                           .es = of.real("es", i),
                           .nes_genes = of.real("nes_genes", i),
                           .fdr_genes = of.real("fdr_genes", i),
                           .nes_lots = of.real("nes_lots", i),
                           .p_lots = of.real("p_lots", i),
                           .fdr_lots = of.real("fdr_lots", i),
                           .n_lots = of.integer("n_perm_lots", i)});
}

void add_overlaps(report::EnrichmentReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.overlaps.push_back({.first = of.text("first", i),
                             .direction_first = of.text("direction_first", i),
                             .second = of.text("second", i),
                             .direction_second = of.text("direction_second", i),
                             .background = of.text("background", i),
                             .count = of.text("count", i),
                             .n_first = of.integer("n_first", i),
                             .n_second = of.integer("n_second", i),
                             .observed = of.integer("observed", i),
                             .null_mean = of.real("null_mean", i),
                             .null_95 = of.integer("null_q95", i),
                             .p_more = of.real("p_more", i),
                             .p_fewer = of.real("p_fewer", i),
                             .fdr = of.real("fdr", i)});
}

/// Rows stand together by gene, which comes first.
void add_tracks(report::EnrichmentReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i) {
    if (of.text("track", i) == "gene")
      page.tracks.push_back({.gene = of.text("gene", i),
                             .chromosome = of.text("chrom", i),
                             .strand = of.text("strand", i),
                             .start = of.integer("window_start", i),
                             .end = of.integer("window_end", i),
                             .pieces = {}});
    page.tracks.back().pieces.push_back({.track = of.text("track", i),
                                         .name = of.text("name", i),
                                         .start = of.integer("start", i),
                                         .end = of.integer("end", i),
                                         .score = of.real("score", i)});
  }
}

}  // namespace

report::EnrichmentReport enrichment_page(std::span<const matrix::Table> tables) {
  const PagePart<report::EnrichmentReport> parts[] = {
      {"enrichment", "gene sets that share genes with a list", add_sets},
      {"enrichment_lists", "what became of each list", nullptr},
      {"enrichment_ranked", "all sets along each ranking", add_ranked},
      {"overlap", "sets of intervals beside chance", add_overlaps},
      {"gene_tracks", "what lies round chosen genes", add_tracks}};
  auto page = page_of<report::EnrichmentReport>(tables, parts);
  page.method = {
      {"Lists",
       "Hypergeometric upper tail over the genes that were tested; Benjamini & Hochberg (1995) over all sets of a "
       "fitting size, also those without a picked gene."},
      {"Rankings",
       "Running sum of Subramanian et al. (2005), with genes permuted and, where an outcome is given, with lots "
       "relabeled."},
      {"Intervals",
       "Inside the declared background, all intervals of a chromosome moved on together (Gel et al. 2016), or "
       "each by itself."}};
  return page;
}

}  // namespace miura::app
