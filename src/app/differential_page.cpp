#include "app/differential_page.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "app/page_of_tables.hpp"
#include "app/table_cells.hpp"

namespace miura::app {

namespace {

bool has(const matrix::Table& t, const std::string& name) {
  return std::ranges::find(t.columns, name, &matrix::Column::name) != t.columns.end();
}

/// All hits up to some thousands, and of the others every so many, so that a page of 450,000 probes opens.
void add_features(report::DifferentialReport& page, const matrix::Table& t) {
  constexpr std::int64_t most_hits = 4'000, most_others = 4'000;
  const Cells of(t);
  std::int64_t n_hits = 0, n_others = 0, hits = 0, others = 0;
  for (std::int64_t i = 0; i < t.n_rows(); ++i) {
    if (std::isnan(of.real("p", i))) continue;
    ++(of.text("direction", i).empty() ? n_others : n_hits);
  }
  page.n_features = n_hits + n_others;
  for (std::int64_t i = 0; i < t.n_rows(); ++i) {
    if (std::isnan(of.real("p", i))) continue;
    const bool is_hit = !of.text("direction", i).empty();
    const auto all = is_hit ? n_hits : n_others, most = is_hit ? most_hits : most_others;
    const auto number = is_hit ? hits++ : others++;
    if (number * most / all == (number + 1) * most / all && all > most) continue;
    page.features.push_back({.feature = of.text("feature", i),
                             .gene = has(t, "gene") ? of.text("gene", i) : std::string(),
                             .time = {},
                             .difference = of.real("difference", i),
                             .p = of.real("p", i),
                             .q = of.real("q_bh", i),
                             .direction = of.text("direction", i)});
  }
}

void add_times(report::DifferentialReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.times.push_back({.feature = of.text("feature", i),
                          .gene = {},
                          .time = of.text("time", i),
                          .difference = of.real("difference", i),
                          .p = of.real("p", i),
                          .q = of.real("q_bh", i),
                          .direction = of.text("direction", i)});
}

void add_regions(report::DifferentialReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.regions.push_back({.region = of.text("region_class", i),
                            .direction = of.text("direction", i),
                            .n_tested = of.integer("n_tested", i),
                            .n_hits = of.integer("n_hits", i),
                            .expected = of.real("expected", i),
                            .odds_ratio = of.real("odds_ratio", i),
                            .log10_p_enriched = of.real("log10_p_enriched", i),
                            .null_mean = of.real("null_mean", i),
                            .null_95 = of.real("null_95", i),
                            .p_count = of.real("p_count", i),
                            .p_top_enriched = of.real("p_top_enriched", i)});
}

void add_genes(report::DifferentialReport& page, const matrix::Table& t) {
  const std::string up = has(t, "n_promoter_hyper") ? "hyper" : "up", down = up == "hyper" ? "hypo" : "down";
  const auto column = [](const std::string& what, const std::string& direction) { return what + "_" + direction; };
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.genes.push_back({.gene = of.text("gene", i),
                          .best_feature = of.text("best_feature", i),
                          .n_tested = of.integer("n_tested", i),
                          .n_promoter = of.integer("n_promoter", i),
                          .promoter_up = of.integer(column("n_promoter", up).c_str(), i),
                          .promoter_down = of.integer(column("n_promoter", down).c_str(), i),
                          .p_promoter_up = of.real(column("p_promoter", up).c_str(), i),
                          .p_promoter_down = of.real(column("p_promoter", down).c_str(), i),
                          .mean_difference = of.real("mean_difference", i)});
}

/// Rows stand together by gene.
void add_gene_probes(report::DifferentialReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i) {
    const auto gene = of.text("gene", i), chromosome = of.text("chromosome", i);
    auto& drawn = page.gene_probes;
    if (drawn.empty() || drawn.back().gene != gene || drawn.back().chromosome != chromosome)
      drawn.push_back({.gene = gene, .chromosome = chromosome, .probes = {}});
    drawn.back().probes.push_back({.feature = of.text("feature", i),
                                   .region = of.text("region_class", i),
                                   .position = of.integer("position", i),
                                   .difference = of.real("difference", i),
                                   .p = of.real("p", i),
                                   .q = of.real("q_bh", i),
                                   .direction = of.text("direction", i)});
  }
}

}  // namespace

report::DifferentialReport differential_page(std::span<const matrix::Table> tables) {
  const PagePart<report::DifferentialReport> parts[] = {
      {"differential", "every feature with its means, difference and p", add_features},
      {"differential_times", "every feature at every time, on average, and whether it changes", add_times},
      {"region_classes", "hits by class of region beside relabeled samples", add_regions},
      {"differential_genes", "genes with hits", add_genes},
      {"gene_probes", "the features of chosen genes along them", add_gene_probes},
      {"differential_gene_counts", "how many genes have so many promoter hits, beside relabeled samples", nullptr}};
  auto page = page_of<report::DifferentialReport>(tables, parts);
  page.method = {
      {"Tests",
       "Moderated t with the variance drawn towards those of all features (Smyth 2004), or t, Welch's t and the rank "
       "sum "
       "by relabeled samples with step-down maxT (Westfall & Young 1993); q is Benjamini & Hochberg's (1995)."},
      {"Counts",
       "Beside those of relabeled samples, each with a prior of its own: features are correlated, so that counts "
       "spread "
       "far more than a binomial."},
      {"What this is not",
       "A difference after a knock-down is evidence of function in these cells, at this dose and time."}};
  return page;
}

}  // namespace miura::app
