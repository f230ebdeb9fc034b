#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "miura/report/study_report.hpp"

namespace miura::report::planted {

inline constexpr std::size_t n_lots = 11, n_clusters = 7, n_outcomes = 3;
using PerLot = std::array<double, n_lots>;

/// In [0, 1), the same with every standard library.
inline double uniform(std::mt19937_64& engine) { return static_cast<double>(engine() >> 11) * 0x1p-53; }

inline PerLot ranks(const PerLot& values) {
  PerLot rank{};
  for (std::size_t i = 0; i < n_lots; ++i)
    for (std::size_t j = 0; j < n_lots; ++j)
      rank[i] += values[j] < values[i] ? 1.0 : values[j] == values[i] ? 0.5 : 0.0;
  return rank;
}

inline double correlation(const PerLot& a, const PerLot& b) {
  double ab = 0, aa = 0, bb = 0;
  constexpr double middle = n_lots / 2.0;
  for (std::size_t i = 0; i < n_lots; ++i) {
    ab += (a[i] - middle) * (b[i] - middle);
    aa += (a[i] - middle) * (a[i] - middle);
    bb += (b[i] - middle) * (b[i] - middle);
  }
  return ab / std::sqrt(aa * bb);
}

inline const std::array<std::string, n_outcomes> outcome_names{"vegf_ischemia", "vegf_normoxia", "ido_activity"};

struct Study {
  std::array<PerLot, n_outcomes> outcome{};
  std::array<PerLot, n_clusters> share{};
  std::array<std::array<std::int64_t, n_clusters>, n_lots> cells{};
};

/// Cluster 3 rises with the first outcome by `strength` of its own size; the rest is noise.
inline Study study(double strength) {
  constexpr std::array<double, n_clusters> usual{0.28, 0.22, 0.17, 0.12, 0.1, 0.07, 0.04};
  std::mt19937_64 engine(7);
  Study s;
  for (std::size_t i = 0; i < n_lots; ++i) {
    s.outcome[0][i] = std::round(180 + 60 * static_cast<double>((i * 5) % n_lots) + 40 * uniform(engine));
    s.outcome[1][i] = std::round(0.4 * s.outcome[0][i] + 150 * uniform(engine));
    s.outcome[2][i] = std::round(100 * (0.4 + 1.7 * uniform(engine))) / 100;
    const double total = std::round(2200 + 1900 * uniform(engine));
    std::array<double, n_clusters> weight{};
    double sum = 0;
    for (std::size_t c = 0; c < n_clusters; ++c) {
      weight[c] = usual[c] * (0.6 + 0.8 * uniform(engine));
      if (c == 3)
        weight[c] = usual[c] * (1 + strength * (s.outcome[0][i] - 500) / 300 + 0.25 * (uniform(engine) - 0.5));
      sum += weight[c];
    }
    for (std::size_t c = 0; c < n_clusters; ++c) s.cells[i][c] = std::llround(total * weight[c] / sum);
    std::int64_t kept = 0;
    for (const auto count : s.cells[i]) kept += count;
    for (std::size_t c = 0; c < n_clusters; ++c)
      s.share[c][i] = static_cast<double>(s.cells[i][c]) / static_cast<double>(kept);
  }
  return s;
}

/// Rows of the outcomes [first, last) as one maxT family (single step), by relabelings of the lots.
inline void add_family(StudyReport& report, const Study& s, Family family, std::size_t first, std::size_t last) {
  constexpr int relabelings = 9999;
  std::vector<PerLot> x, y;
  for (std::size_t m = first; m < last; ++m)
    for (std::size_t c = 0; c < n_clusters; ++c) {
      x.push_back(ranks(s.share[c]));
      y.push_back(ranks(s.outcome[m]));
    }
  std::vector<int> reached(x.size(), 1), reached_alone(x.size(), 1);
  std::mt19937_64 engine(1);
  std::array<std::size_t, n_lots> order{};
  for (int b = 0; b < relabelings; ++b) {
    for (std::size_t i = 0; i < n_lots; ++i) order[i] = i;
    for (std::size_t i = n_lots - 1; i > 0; --i) std::swap(order[i], order[engine() % (i + 1)]);
    std::vector<double> strength(x.size());
    for (std::size_t f = 0; f < x.size(); ++f) {
      PerLot dealt{};
      for (std::size_t i = 0; i < n_lots; ++i) dealt[i] = y[f][order[i]];
      strength[f] = std::abs(correlation(x[f], dealt));
    }
    const double best = *std::ranges::max_element(strength);
    for (std::size_t f = 0; f < x.size(); ++f) {
      const double observed = std::abs(correlation(x[f], y[f])) - 1e-12;
      reached[f] += best >= observed;
      reached_alone[f] += strength[f] >= observed;
    }
  }
  for (std::size_t f = 0; f < x.size(); ++f) {
    const double rho = correlation(x[f], y[f]), z = std::atanh(rho);
    const double half = 1.959964 * std::sqrt((1 + rho * rho / 2) / (n_lots - 3));  // Bonett & Wright 2000
    double mean = 0;
    for (const double share : s.share[f % n_clusters]) mean += share / n_lots;
    report.association.push_back({.family = family,
                                  .partition = report.composition.partition,
                                  .cluster = std::to_string(f % n_clusters),
                                  .outcome = outcome_names[first + f / n_clusters],
                                  .n_lots = n_lots,
                                  .mean_share = mean,
                                  .rho = rho,
                                  .ci_lo = std::tanh(z - half),
                                  .ci_hi = std::tanh(z + half),
                                  .p_exact = reached_alone[f] / (relabelings + 1.0),
                                  .p_step = reached[f] / (relabelings + 1.0),
                                  .p_single = reached[f] / (relabelings + 1.0),
                                  .permutations = relabelings + 1,
                                  .permutation_kind = "mc",
                                  .flags = {}});
  }
}

inline void add_scatter(StudyReport& report, const Study& s, std::size_t cluster, std::size_t outcome) {
  Scatter scatter{report.composition.partition, std::to_string(cluster), outcome_names[outcome], {}};
  for (std::size_t i = 0; i < n_lots; ++i)
    scatter.points.push_back({report.lots[i].lot, report.lots[i].source, s.share[cluster][i], s.outcome[outcome][i]});
  report.scatter.push_back(scatter);
}

inline void add_words(StudyReport& report) {
  report.findings = {"Cells of 11 lots were clustered without any look at the outcomes.",
                     "Seven clusters were found at the declared resolution; every one is present in every lot."};
  report.method = {
      {"Quality control.",
       "Cells with fewer than 500 counts, fewer than 200 genes or more than 20 % mitochondrial counts were left out, "
       "by the same thresholds in every lot."},
      {"Reference.",
       "Each lot gave at most 2,981 cells, so that no lot dominates the picture; all cells have a cluster afterwards."},
      {"Expression.",
       "Counts were divided by the total of their cell, multiplied by 10,000 and log-transformed; the 2,000 most "
       "variable genes were taken, chosen lot by lot."},
      {"Components.", "50 principal components of the scaled genes."},
      {"Clusters.",
       "The 15 exact nearest neighbors of each cell made a shared-neighbor graph; Leiden clustering cut it at "
       "resolution 0.5."},
      {"Association.",
       "The share of each cluster in each lot was ranked against each outcome. Relabeling the lots tells how strong "
       "the strongest of all tests becomes by chance alone."}};
  report.settings = {
      {"study.samples", "samples.csv"}, {"qc.min_counts", "500"}, {"qc.min_genes", "200"},
      {"qc.max_mito", "0.2"},           {"pca.components", "50"}, {"knn.k", "15"},
      {"cluster.resolution", "0.5"},    {"cluster.seed", "0"},    {"association.primary", "vegf_ischemia"},
      {"association.alpha", "0.05"}};
  report.warnings = {"Lot UC11 lost more of its cells to quality control than any other."};
  report.digests = {{"tables/association.tsv", std::string(64, 'a')}};
  report.inputs = {{"/work/study/data/BM01/matrix.mtx.gz", std::string(64, 'b')},
                   {"/work/study/data/BM02/matrix.mtx.gz", std::string(64, 'c')},
                   {"/work/study/samples.csv", std::string(64, 'd')}};
  report.labels_digest = std::string(64, 'e');
  report.files = {{"study.h5ad", "cells, genes, embeddings and clusters; opens in scanpy and R"},
                  {"tables/association.tsv", "every test with all its columns"},
                  {"tables/composition.tsv", "cells and share of every lot in every cluster"},
                  {"tables/lots.tsv", "cells of each lot through quality control"},
                  {"provenance.json", "versions, settings and checksums of every input and output"}};
}

/// Two genes that mark each cluster, clusters that hold still the later the smaller they are, one confounder.
inline void add_evidence(StudyReport& report) {
  const auto& clusters = report.composition.clusters;
  for (std::size_t c = 0; c < n_clusters; ++c) {
    StabilityRow row{
        .cluster = clusters[c], .cells = 0.95, .lots = 0.8, .lots_to_hold_still = c < 5 ? 5 : 0, .by_lots = {}};
    for (const std::int64_t lots : {2, 3, 5, 8, 10})
      row.by_lots.push_back({lots, 0.9 - static_cast<double>(c) / static_cast<double>(lots + 4)});
    report.stability.push_back(row);
    for (const auto* part : {"A", "B"}) {
      const auto gene = "GENE" + std::to_string(c) + part;
      report.markers.push_back({clusters[c], gene, 1.5, 1.1, 11, 11, 0.000977, 0.83, 0.7, 0.2, ""});
      for (std::size_t k = 0; k < n_clusters; ++k)
        report.marker_dots.push_back(
            {clusters[c], gene, "ENSG" + gene, clusters[k], k == c ? 0.7 : 0.2, k == c ? 1.5 : -0.1});
    }
  }
  report.stability_replicates = 5;
  report.confounders = {{"n_cells", outcome_names[0], n_lots, 0.18, 0.6, "OK"},
                        {"median_counts", outcome_names[0], n_lots, -0.71, 0.018, "OK"},
                        {"viability", outcome_names[0], n_lots, missing, missing, "CONSTANT_FEATURE"}};
  report.cell_states = {{"all", 30'000, 0.8, 0.11, 0.08, 0.01, 0.07, 0.048}};
  for (std::size_t c = 0; c < n_clusters; ++c) {
    const double s = c == 6 ? 0.9 : 0.02;
    report.cell_states.push_back({clusters[c], 4000, 0.94 - s, s, 0.06, 0, 0.06, c == 5 ? 0.21 : 0.03});
    WithoutCyclingRow row{.partition = report.composition.partition,
                          .cluster = clusters[c],
                          .outcome = outcome_names[0],
                          .status_without = c == 6 ? "CONSTANT_FEATURE" : "OK"};
    row.share_cycling = s + 0.06;
    if (c == 3) {
      row.rho = 0.93;
      row.rho_without = 0.88;
      row.p_step = 0.0021;
      row.p_step_without = 0.0123;
      row.declared = row.declared_without = true;
    }
    report.without_cycling.push_back(row);
  }
  report.doublet_threshold = 0.25;
  for (std::size_t c = 0; c < n_clusters; ++c) {
    IntegrationRow row{"chemistry", "none", clusters[c], clusters[(c + 1) % n_clusters], outcome_names[0]};
    row.ari = 0.87;
    row.jaccard = 0.9;
    row.rho_shares = 0.95;
    row.rho = 0.81;
    row.other_rho = -0.123;
    row.p_exact = 0.0021;
    row.other_p_exact = 0.73;
    row.p_step = 0.033;
    report.integration.push_back(row);
  }
  report.without_clusters = {{outcome_names[0], n_lots, 2, 0.0102, 0.18, 0.0076, 0.0152, "OK"},
                             {outcome_names[1], n_lots, 1, missing, missing, missing, missing, "CONSTANT_OUTCOME"}};
}

/// What the page shows of genes and cells: a cloud of 60 cells of each lot, two genes, a volcano and some gene sets.
inline void add_genes_and_cells(StudyReport& report) {
  const auto& clusters = report.composition.clusters;
  for (std::size_t c = 0; c < n_clusters; ++c) {
    for (int g = 0; g < 9; ++g)
      report.volcano.push_back(
          {clusters[c], "GENE" + std::to_string(g), 1.5 - 0.4 * g, -3.0 * std::abs(g - 4), n_lots, 11 - g, g, g != 4});
    const auto add = [&](const char* direction, const char* set, const char* description, double log10_fdr) {
      report.enrichment.push_back(
          {clusters[c], direction, set, description, 12, 90, 2000, 6.5, log10_fdr - 1, log10_fdr, "GENE0;GENE1"});
    };
    add("up", "GO:0006119", "oxidative phosphorylation", -7.2);
    add("up", "GO:0022900", "electron transport chain", -4.5);
    add("up", "GO:0006412", "translation", -0.2);
    add("down", "ECM", "https://example.org/ECM", -3.3);
    add("down", "GO:0030198", "extracellular matrix organization", -1.1);
  }
  auto& map = report.cell_map;
  map.clusters = clusters;
  map.outcomes = {outcome_names[0]};
  map.genes = {{"GENE0A", clusters[0], 4.25, {}}, {"GENE3A", clusters[3], 3.5, {}}};
  std::mt19937_64 engine(3);
  for (std::size_t l = 0; l < report.lots.size(); ++l) {
    const auto& lot = report.lots[l];
    map.lots.push_back({lot.lot, lot.source, lot.role, 60, {l == 2 ? missing : 100.0 * static_cast<double>(l)}});
    for (std::size_t i = 0; i < 60; ++i) {
      const auto cluster = i % n_clusters;
      const double angle = 6.2832 * static_cast<double>(cluster) / n_clusters;
      map.x.push_back(static_cast<std::uint16_t>(32767 + 24000 * std::cos(angle) + 8000 * (uniform(engine) - 0.5)));
      map.y.push_back(static_cast<std::uint16_t>(32767 + 24000 * std::sin(angle) + 8000 * (uniform(engine) - 0.5)));
      map.cluster.push_back(i == 0 ? CellMap::no_cluster : static_cast<std::uint8_t>(cluster));
      map.genes[0].level.push_back(static_cast<std::uint8_t>(cluster == 0 ? 100 + i : 0));
      map.genes[1].level.push_back(static_cast<std::uint8_t>(cluster == 3 ? 255 - i : i % 2));
    }
  }
  map.n_cells = static_cast<std::int64_t>(map.x.size());
}

/// Gene sets along one ranking: OXPHOS up and ECM down, below the false discovery rate over lots, and others.
inline std::vector<RankedSetRow> sets_along(const std::string& ranked_by) {
  const auto set = [&](const char* name, const char* description, double nes, double fdr_lots) {
    return RankedSetRow{ranked_by,  name,      description, nes > 0 ? "up" : "down", 90, nes, 0.01,
                        0.75 * nes, 0.0078125, fdr_lots};
  };
  return {set("GO:0006412", "translation", 1.75, 0.4), set("GO:0006119", "oxidative phosphorylation", 1.5, 0.02),
          set("GO:0030198", "extracellular matrix organization", -1.5, 0.03),
          set("ECM", "https://example.org/ECM", -1.25, 0.2), set("GO:0009060", "aerobic respiration", 1.25, 0.3)};
}

/// A cluster of noise among those formed on a part of the molecules, two pairs of clusters, and two conditions of eight
/// donors.
inline void add_comparisons(StudyReport& report) {
  const auto& clusters = report.composition.clusters;
  report.split_clusters = {{"split 0", clusters[0], 0.91, 812, 1900, 240, 198, 310, 250},
                           {"split 1", clusters[3], 0.64, 405, 1850, 0, 0, 90, 71},
                           {"split 2", "", missing, 12, 1700, 2, 0, 0, 0}};
  const auto add = [](std::vector<ContrastGene>& genes, const std::string& contrast, const std::string& gene,
                      double difference, double effect) {
    const bool up = difference > 0;
    genes.push_back({contrast, up ? "up" : "down", gene, "ENSG" + gene, difference, effect, 8, up ? 8 : 0, up ? 0 : 8,
                     0.0078125, 0.31, 0.0078125});
  };
  for (const auto* pair : {"0 against 1", "0 against 2"}) {
    add(report.pairwise, pair, "GENE0A", 2.5, 1.75);
    add(report.pairwise, pair, "GENE0B", 1.5, 1);
    add(report.pairwise, pair, "GENE1A", -3, -2.5);
  }
  report.conditions = {.first = "ischemia", .second = "normoxia", .genes = {}, .sets = sets_along("all")};
  auto& genes = report.conditions.genes;
  add(genes, "all", "VEGFA", 3.5, 2.75);
  add(genes, "all", "ADM", 3, 0);  // the donors do not agree
  add(genes, "all", "COL1A1", -2, -1.5);
  add(genes, "3", "VEGFA", 4, 3);
  add(genes, "3", "VEGFA", -0.5, -0.25);  // another gene of this symbol
  for (const auto& cluster : {clusters[3], clusters[0]})
    for (auto& row : sets_along(cluster)) report.cluster_sets.push_back(std::move(row));
  report.ranked_sets = sets_along(outcome_names[0]);
}

/// Five new lots beside held-out training lots: BM12 to BM14, AD21, and PB01, which is no such cell at all. Cluster 3
/// is replicated in test lots of BM, and AD has too few lots.
inline void add_mapped_lots(StudyReport& report) {
  report.mapped_lots = {{"BM01", "BM", "train", 300, 3, 0, 0.01, 0.5, true, "OK"},
                        {"BM02", "BM", "train", 200, 8, 0, 0.04, 1.0 / 3, true, "OK"},
                        {"BM12", "BM", "test", 400, 4, 20, 0.01, 0.5, false, "OK"},
                        {"BM13", "BM", "test", 300, 0, 6, 0, 1, false, "OK"},
                        {"BM14", "BM", "test", 300, 0, 9, 0, 1, false, "OK"},
                        {"AD21", "AD", "query", 250, 15, 25, 0.06, 1.0 / 3, false, "OK"},
                        {"PB01", "PB", "query", 150, 150, 150, 1, 1.0 / 3, false, "NO_ANCHORS"}};
  report.mapped_composition = {
      "resolution 0.5, seed 0", {"BM12", "BM13", "BM14", "AD21"}, {"0", "3"}, {300, 80, 200, 94, 250, 41, 200, 25}};
  const auto row = [](const char* role, const char* source, std::int64_t n, double rho, double p, double p_min,
                      const char* status) {
    return ReplicationRow{outcome_names[0],   "3", "rho > 0", role, source, n, rho, p, p_min, status,
                          "ONE_SIDED_GREATER"};
  };
  report.replication = {row("test", "BM", 4, 1, 0.0417, 0.0417, "OK"), row("query", "AD", 3, 0.5, 0.5, 0.1667, "LOW_N"),
                        row("all", "all", 7, 0.2, 0.31, 0.0069, "OK"),
                        row("process", "BM", 4, missing, missing, missing, "CONSTANT_FEATURE")};
  Scatter scatter{"", "3", outcome_names[0], {}};
  for (std::size_t i = 0; i < 8; ++i)
    scatter.points.push_back({"L" + std::to_string(i), i < 4 ? "BM, test" : "AD, query",
                              0.05 + 0.03 * static_cast<double>(i), 500.0 + 31.0 * static_cast<double>(i * i)});
  report.replication_scatter = {scatter};
  auto& markers = report.source_markers;
  markers.cluster = "3";
  const std::string gene = "LRRC75A";
  for (const auto* source : {"BM", "AD"}) {
    const std::string role = source == std::string("BM") ? "train" : "query";
    for (const auto* group : {"all", "declared", "other"}) {
      const double high = group == std::string("declared") ? 0.37 : 0.08;
      markers.rows.push_back({gene, role, source, group, 4, 1000, 0.61, 1.78, high, 0.9, 7.25, "OK"});
      if (group == std::string("all")) continue;
      markers.density.push_back({gene, role, source, group, 0, 0, 40});
      for (int bin = 5; bin < 20; ++bin)
        markers.density.push_back(
            {gene, role, source, group, 0.1 * bin, 0.1 * (bin + 1), 60 - (bin - 12) * (bin - 12)});
    }
    for (int lot = 0; lot < 4; ++lot)
      markers.lots.push_back(
          {gene, source + std::to_string(lot), role, source, lot == 0 ? missing : 0.3 + 0.03 * lot, 0.07});
  }
  markers.tests = {
      {gene, "query", "AD", "declared", "other cells", "share_high", 4, 4, 0.29, 0.125, 0.125, missing, "LOW_N"},
      {gene, "query", "AD", "all", "BM", "log2_cpm", 4, 11, -1.48, 0.00073, 0.00073, 0.0088, "OK"},
      {gene, "query", "AD", "declared", "BM", "log2_cpm", 1, 11, 0.4, missing, missing, missing, "LOW_N"}};
}

/// A page of the new lots alone, as `miura map` makes it.
inline StudyReport new_lots() {
  StudyReport report;
  report.title = "Where the cells of new lots belong";
  report.study = "new lots";
  report.program_version = "0.1.0";
  report.of_new_lots = true;
  add_mapped_lots(report);
  return report;
}

/// A made-up study of 11 lots, 7 clusters and 3 outcomes. `strength` 0.8 plants a clear finding, 0 none.
inline StudyReport report(double strength) {
  const auto s = study(strength);
  StudyReport report;
  report.study = "planted MSC study";
  report.program_version = "0.1.0";
  report.drop_reasons = {"too few counts", "too few genes", "too much mitochondrial"};
  report.n_genes = 18'342;
  report.primary_outcome = outcome_names[0];
  auto& composition = report.composition;
  composition.partition = "resolution 0.5, seed 0";
  for (std::size_t c = 0; c < n_clusters; ++c) composition.clusters.push_back(std::to_string(c));
  for (std::size_t i = 0; i < n_lots; ++i) {
    const auto* source = i < 6 ? "BM" : i < 9 ? "AD" : "UC";
    const auto name = source + std::string(i < 9 ? "0" : "") + std::to_string(i + 1);
    composition.lots.push_back(name);
    composition.cells.insert(composition.cells.end(), s.cells[i].begin(), s.cells[i].end());
    report.primary_value.push_back(s.outcome[0][i]);
    const auto kept = composition.lot_total(i);
    const std::vector<std::int64_t> dropped{kept / 9, kept / 40, kept / 25 + static_cast<std::int64_t>(37 * i)};
    report.lots.push_back({name, source, "train", kept + dropped[0] + dropped[1] + dropped[2], kept, dropped,
                           8000 + 410.5 * static_cast<double>((i * 7) % n_lots),
                           2400 + 61.0 * static_cast<double>((i * 3) % n_lots)});
  }
  report.outcome_names.assign(outcome_names.begin(), outcome_names.end());
  for (std::size_t i = 0; i < n_lots; ++i)
    report.outcomes.push_back({report.lots[i].lot,
                               report.lots[i].source,
                               "train",
                               {s.outcome[0][i], s.outcome[1][i], i == 4 ? missing : s.outcome[2][i]}});
  report.outcomes.push_back({"BM12", "BM", "test", {640, 310, missing}});
  report.outcomes.push_back({"AD21", "AD", "query", {missing, 280, 1.2}});
  add_family(report, s, Family::primary, 0, 1);
  add_family(report, s, Family::secondary, 1, n_outcomes);
  add_scatter(report, s, 3, 0);
  add_scatter(report, s, 5, 0);
  for (int c = 0; c < 50; ++c) report.variance_ratio.push_back(0.11 * std::exp(-0.45 * c) + 0.004 / (1 + 0.05 * c));
  add_evidence(report);
  add_genes_and_cells(report);
  add_comparisons(report);
  add_mapped_lots(report);
  add_words(report);
  return report;
}

/// The same study with a picture of about so many cells and 16 genes.
inline StudyReport with_cells(std::int64_t n) {
  auto large = report(0.8);
  auto& map = large.cell_map;
  map.genes.resize(16, map.genes.back());
  const auto per_lot = n / std::ssize(map.lots);
  map.x.clear();
  map.y.clear();
  map.cluster.clear();
  for (auto& gene : map.genes) gene.level.clear();
  std::mt19937_64 engine(5);
  for (auto& lot : map.lots) {
    lot.cells = per_lot;
    for (std::int64_t i = 0; i < per_lot; ++i) {
      const auto cluster = static_cast<std::size_t>(i) % n_clusters;
      const double angle = 6.2832 * static_cast<double>(cluster) / n_clusters;
      const auto spread = [&] { return 12'000 * (uniform(engine) + uniform(engine) + uniform(engine) - 1.5); };
      map.x.push_back(static_cast<std::uint16_t>(32767 + 14000 * std::cos(angle) + spread()));
      map.y.push_back(static_cast<std::uint16_t>(32767 + 14000 * std::sin(angle) + spread()));
      map.cluster.push_back(static_cast<std::uint8_t>(cluster));
      for (std::size_t g = 0; g < map.genes.size(); ++g)
        map.genes[g].level.push_back(cluster == g % n_clusters ? static_cast<std::uint8_t>(engine() % 256)
                                                               : std::uint8_t{0});
    }
  }
  map.n_cells = static_cast<std::int64_t>(map.x.size());
  return large;
}

/// The same study with names that would break a page that does not escape, and bytes that are no UTF-8.
inline StudyReport hostile_report() {
  auto hostile = report(0.8);
  const std::string name = "</script><script>document.body.innerHTML='broken'</script><!-- \"&' \xff\xfe <b>";
  hostile.study = hostile.title = hostile.primary_outcome = hostile.composition.partition = name;
  hostile.composition.lots[0] = hostile.lots[0].lot = hostile.lots[0].source = hostile.drop_reasons[0] = name;
  hostile.composition.clusters[3] = hostile.outcome_names[0] = hostile.outcomes[0].lot = hostile.outcomes[1].role =
      name;
  for (auto& row : hostile.association) {
    row.partition = name;
    if (row.cluster == "3") row.cluster = name;
    if (row.outcome == outcome_names[0]) row.outcome = name;
    row.flags = row.permutation_kind = name;
  }
  for (auto& scatter : hostile.scatter) {
    scatter.partition = scatter.outcome = name;
    scatter.points[0].lot = scatter.points[0].source = name;
    if (scatter.cluster == "3") scatter.cluster = name;
  }
  hostile.stability[3].cluster = hostile.markers[6].cluster = hostile.markers[6].gene = hostile.markers[6].flags = name;
  for (auto& dot : hostile.marker_dots) {
    if (dot.cluster == "3") dot.cluster = name;
    if (dot.marker_of == "3") dot.marker_of = dot.gene = name;
  }
  for (auto& point : hostile.volcano)
    if (point.cluster == "3") point.cluster = point.gene = name;
  for (auto& row : hostile.enrichment)
    if (row.cluster == "3") row.cluster = row.set = row.description = row.genes = name;
  for (auto* sets : {&hostile.ranked_sets, &hostile.cluster_sets, &hostile.conditions.sets}) {
    for (auto& row : *sets) row.ranked_by = name;
    sets->front().set = sets->front().description = name;
  }
  for (auto* genes : {&hostile.pairwise, &hostile.conditions.genes}) {
    for (auto& row : *genes) row.contrast = name;
    genes->front().gene = name;
  }
  hostile.conditions.first = hostile.conditions.second = name;
  hostile.split_clusters[1].cluster = hostile.split_clusters[0].primary_cluster = name;
  auto& map = hostile.cell_map;
  map.clusters[3] = map.outcomes[0] = map.genes[1].gene = map.genes[1].marker_of = name;
  map.lots[0].lot = map.lots[0].source = map.lots[0].role = name;
  hostile.confounders[0].covariate = hostile.confounders[0].outcome = hostile.confounders[0].status = name;
  hostile.integration[0].integration = hostile.integration[0].other = hostile.integration[0].cluster = name;
  hostile.integration[1].outcome = hostile.integration[1].other_cluster = name;
  hostile.without_clusters[0].outcome = hostile.without_clusters[0].status = name;
  for (auto& lot : hostile.mapped_lots) lot.lot = lot.source = lot.role = lot.status = name;
  hostile.mapped_lots[3].share_outside = 0.9;
  hostile.mapped_composition.lots[0] = hostile.mapped_composition.clusters[1] = hostile.mapped_composition.partition =
      name;
  for (auto& row : hostile.replication)
    row.outcome = row.cluster = row.hypothesis = row.role = row.source = row.status = row.flags = name;
  hostile.replication_scatter[0].cluster = hostile.replication_scatter[0].points[0].lot = name;
  auto& markers = hostile.source_markers;
  markers.cluster = name;
  for (auto& row : markers.rows) row.gene = row.role = row.source = row.status = name;
  for (auto& test : markers.tests) test.gene = test.role = test.source = test.against = test.status = name;
  for (auto& bin : markers.density) bin.gene = bin.role = bin.source = name;
  for (auto& lot : markers.lots) lot.gene = lot.lot = lot.role = lot.source = name;
  hostile.findings = hostile.warnings = {name};
  hostile.method = {{name, name}};
  hostile.settings = hostile.files = hostile.digests = hostile.inputs = {{name, name}};
  hostile.labels_digest = name;
  return hostile;
}

}  // namespace miura::report::planted
