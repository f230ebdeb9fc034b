#include "designs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <utility>

#include "miura/association/feature_association.hpp"
#include "planted_lots.hpp"

namespace miura::calibration {

namespace {

using association::Options;
using association::Result;
using association::Row;

constexpr double alpha = 0.05;

/// Options of the program, but for fewer drawn relabelings, which cost power and no validity, and no columns that
/// decide nothing.
Options options_of(const PlantedLots& lots) {
  Options o;
  o.cell_resamples = 0;
  o.relabelings.permutations = 1'999;
  for (const auto& outcome : lots.outcomes) o.primary.push_back(outcome.name);
  return o;
}

/// Draws relabelings from 9 lots on: what many studies of 11 lots can be simulated with.
Options mostly_drawn(Options o) {
  o.relabelings.exact_up_to = 8;
  return o;
}

Result associate(const PlantedLots& lots, const Options& o) {
  return association::associate(MPI_COMM_SELF, lots.partitions, lots.outcomes, o);
}

/// What a decision rule says of rows of one result: any p <= .05, Bonferroni, Benjamini & Hochberg, Holm, miura.
const std::vector<std::string> rules{"any p <= .05", "Bonferroni", "BH", "Holm", "maxT"};

template <class Counts>
std::vector<bool> decisions(const Result& result, Counts counts) {
  std::vector<bool> any(rules.size());
  const auto m = static_cast<double>(result.families.front().n_tests);
  for (const auto& row : result.rows) {
    if (!row.in_family() || !counts(row)) continue;
    const bool said[] = {row.p_exact <= alpha, row.p_exact * m <= alpha, row.q_bh <= alpha, row.p_holm <= alpha,
                         row.declared};
    for (std::size_t i = 0; i < any.size(); ++i) any[i] = any[i] || said[i];
  }
  return any;
}

bool every_row(const Row&) { return true; }

matrix::Measurements shares_of(const matrix::Composition& c) {
  matrix::Measurements shares;
  for (std::int32_t l = 0; l < c.n_lots; ++l) shares.sample.push_back(fmt::format("lot{}", l));
  for (std::int32_t k = 0; k < c.n_clusters; ++k) {
    shares.feature.push_back(fmt::format("c{}", k));
    for (std::int32_t l = 0; l < c.n_lots; ++l)
      shares.value.push_back(static_cast<double>(c.cells(k, l)) / static_cast<double>(c.lot_size[l]));
  }
  return shares;
}

std::string relabelings_of(std::int32_t n_lots) { return n_lots <= 12 ? "all" : "1,999 drawn"; }

Section free_designs(std::uint64_t seed) {
  Section section{"free",
                  "Lots that may change places freely",
                  "No association. 7 clusters of one partition against 1 or 3 outcomes (latent correlation .5), and 28 "
                  "clusters of four partitions against 3 outcomes. 300 to 700 cells a lot.",
                  rules,
                  {}};
  for (const std::int32_t n : {6, 8, 11, 15, 20, 30}) {
    for (const std::int32_t outcomes : {1, 3})
      section.designs.push_back(
          {fmt::format("7 x {}", outcomes), n, relabelings_of(n), Promise::exact, [=](std::uint64_t study) {
             const auto lots = plant({.n_lots = n, .outcomes = outcomes}, seed, study);
             return decisions(associate(lots, options_of(lots)), every_row);
           }});
    section.designs.push_back({"28 x 3", n, relabelings_of(n), Promise::exact, [=](std::uint64_t study) {
                                 const auto lots = plant({.n_lots = n, .outcomes = 3}, Grid{.seeds = 1}, seed, study);
                                 return decisions(associate(lots, options_of(lots)), every_row);
                               }});
  }
  return section;
}

Section strata_designs(std::uint64_t seed) {
  Section section{"strata",
                  "Lots of several sources",
                  "No association within a source; sources differ in shares and outcomes by 1.5 sd. The free test of "
                  "the same studies shows what happens without strata.",
                  {"free relabeling", "within strata"},
                  {}};
  const std::vector<std::pair<std::string, std::vector<std::int32_t>>> designs{
      {"11 + 4 + 5", {11, 4, 5}}, {"6 + 5", {6, 5}}, {"4 + 4 + 4", {4, 4, 4}}};
  for (const auto& [name, sources] : designs) {
    std::int32_t n = 0;
    for (const auto s : sources) n += s;
    section.designs.push_back({name, n, n > 12 ? "1,999 drawn" : "all within strata", Promise::exact,
                               [seed, n, sources = sources](std::uint64_t study) {
                                 const auto lots = plant({.n_lots = n, .lots_of_source = sources}, seed, study);
                                 auto o = options_of(lots);
                                 o.relabelings.exact_up_to = 8;  // the free test is for comparison only
                                 const bool freely = associate(lots, o).families.front().rejects;
                                 o = options_of(lots);
                                 o.design.stratum = lots.source;
                                 return std::vector<bool>{freely, associate(lots, o).families.front().rejects};
                               }});
  }
  return section;
}

Section covariate_designs(std::uint64_t seed) {
  Section section{"covariate",
                  "A continuous covariate",
                  "The outcome goes with the covariate, every share too, up or down in turn (latent correlation .5 or "
                  ".7), and nothing else goes together. Freedman & Lane is valid only for many lots: status APPROX.",
                  {"free relabeling", "given the covariate"},
                  {}};
  for (const std::int32_t n : {11, 20})
    for (const double strength : {0.5, 0.7})
      section.designs.push_back({fmt::format("7 x 1, correlation {}", strength), n, "1,999 drawn", Promise::approximate,
                                 [=](std::uint64_t study) {
                                   const auto lots = plant({.n_lots = n, .confounder = strength}, seed, study);
                                   auto o = options_of(lots);
                                   o.relabelings.exact_up_to = 8;
                                   const bool freely = associate(lots, o).families.front().rejects;
                                   o.design.covariate = lots.covariate;
                                   return std::vector<bool>{freely, associate(lots, o).families.front().rejects};
                                 }});
  return section;
}

Section unequal_designs(std::uint64_t seed) {
  Section section{
      "cells",
      "Lots of very unequal size",
      "50 to 3,000 cells a lot, one cluster of 1 %, among seven or against all others. Sizes do not go with "
      "the outcome, or they do (latent correlation .9). maxT without and with the rule that FEW_CELLS needs "
      "p_adjN <= .05 too.",
      {"maxT alone", "maxT and p_adjN"},
      {}};
  const std::vector<std::pair<std::string, std::vector<double>>> families{
      {"7 x 1", {.01, .30, .25, .20, .12, .07, .05}}, {"2 x 1", {.01, .99}}};
  for (const auto& [name, share] : families)
    for (const std::int32_t n : {11, 20})
      for (const double with_outcome : {0.0, 0.9})
        section.designs.push_back(
            {name + (with_outcome > 0 ? ", sizes go with the outcome" : ", sizes do not"), n, "1,999 drawn",
             with_outcome > 0 ? Promise::approximate : Promise::exact, [=, share = share](std::uint64_t study) {
               const auto lots = plant({.n_lots = n,
                                        .share = share,
                                        .fewest_cells = 50,
                                        .most_cells = 3'000,
                                        .size_with_outcome = with_outcome},
                                       seed, study);
               const auto result = associate(lots, mostly_drawn(options_of(lots)));
               const bool alone =
                   std::ranges::any_of(result.rows, [](const Row& r) { return r.p_max_t_step <= alpha; });
               return std::vector<bool>{alone, result.families.front().rejects};
             }});
  return section;
}

Section compositional_designs(std::uint64_t seed) {
  Section section{
      "composition",
      "One causal cluster lowers the others",
      "One cluster of about 30 % varies most (sd .9 of its logarithm, the others .3) and goes with the outcome (latent "
      "correlation .95); counted are studies in "
      "which any other cluster is called associated, on plain shares or by p_conditional.",
      {"causal cluster declared", "others declared, plain shares", "others with p_conditional <= .05"},
      {}};
  for (const std::int32_t n : {11, 20})
    section.designs.push_back({"7 x 1", n, "1,999 drawn", Promise::approximate, [=](std::uint64_t study) {
                                 const auto lots = plant({.n_lots = n,
                                                          .share = {.30, .15, .15, .12, .11, .10, .07},
                                                          .lot_sd = 0.3,
                                                          .causal = 0,
                                                          .causal_sd = 0.9,
                                                          .rho = 0.95},
                                                         seed, study);
                                 std::vector<bool> any(3);
                                 for (const auto& row : associate(lots, mostly_drawn(options_of(lots))).rows) {
                                   if (row.cluster == 0) {
                                     any[0] = row.declared;
                                     continue;
                                   }
                                   any[1] = any[1] || row.declared;
                                   any[2] = any[2] || row.p_conditional <= alpha;
                                 }
                                 return any;
                               }});
  return section;
}

Section other_designs(std::uint64_t seed) {
  Section section{"other",
                  "Other ways to test",
                  "No association. The grid has 4 resolutions x 8 seeds (about 220 clusters) of the same cells, one "
                  "family. Monte Carlo: the 8 lots of the rows above it, relabelings drawn though all could be taken.",
                  rules,
                  {}};
  const auto add = [&](std::string name, std::int32_t n, std::string relabelings, LotModel model, auto change) {
    model.n_lots = n;
    section.designs.push_back({std::move(name), n, std::move(relabelings), Promise::exact, [=](std::uint64_t study) {
                                 const auto lots = plant(model, seed, study);
                                 auto o = options_of(lots);
                                 change(o);
                                 return decisions(associate(lots, o), every_row);
                               }});
  };
  for (const std::int32_t n : {8, 15})
    add("one-sided (greater)", n, relabelings_of(n), {},
        [](Options& o) { o.relabelings.side = permutation::Side::greater; });
  for (const std::int32_t n : {8, 15})
    add("minP, rare clusters with ties", n, relabelings_of(n),
        {.share = {.01, .01, .02, .02, .30, .34, .30}, .fewest_cells = 100, .most_cells = 100},
        [](Options& o) { o.family = association::FamilyMethod::min_p; });
  add("7 x 1", 8, "all", {}, [](Options&) {});
  for (const std::int64_t drawn : {999, 9'999})
    add("7 x 1, Monte Carlo", 8, fmt::format("{} drawn", drawn), {}, [=](Options& o) {
      o.relabelings.exact_up_to = 4;
      o.relabelings.permutations = drawn;
    });
  for (const std::int32_t n : {8, 11, 20})
    section.designs.push_back(
        {"grid of 32 partitions", n, n == 8 ? "all" : "1,999 drawn", Promise::exact, [=](std::uint64_t study) {
           const auto lots = plant({.n_lots = n}, Grid{}, seed, study);
           return decisions(associate(lots, mostly_drawn(options_of(lots))), every_row);
         }});
  return section;
}

/// Shares of the clusters as features, and the upper half of the lots by the first outcome as a group.
Section group_designs(std::uint64_t seed) {
  Section section{"groups",
                  "Two groups of lots",
                  "No association. The lots with the larger half of the outcomes are a group; t of equal variances, "
                  "Welch's t and the rank sum, each with maxT over 7 clusters.",
                  {"any p <= .05", "Holm", "maxT"},
                  {}};
  const std::vector<std::pair<std::string, association::Statistic>> statistics{
      {"t", association::Statistic::t},
      {"Welch", association::Statistic::welch},
      {"Wilcoxon", association::Statistic::wilcoxon}};
  for (const std::int32_t n : {8, 12, 20})
    for (const auto& [name, statistic] : statistics)
      section.designs.push_back(
          {name, n, n > 12 ? "1,999 drawn" : "all", Promise::exact, [=, statistic = statistic](std::uint64_t study) {
             auto lots = plant({.n_lots = n}, seed, study);
             auto o = options_of(lots);
             o.statistic = statistic;
             auto& outcome = lots.outcomes.front().value;
             auto sorted = outcome;
             std::ranges::sort(sorted);
             for (auto& y : outcome) y = y >= sorted[n / 2] ? 1 : 0;
             const auto found =
                 association::associate_features(MPI_COMM_SELF, shares_of(lots.partitions.front()), lots.outcomes, o);
             std::vector<bool> any(3);
             for (const auto& row : found.rows) {
               any[0] = any[0] || row.p_exact <= alpha;
               any[1] = any[1] || row.p_holm <= alpha;
               any[2] = any[2] || row.declared;
             }
             return any;
           }});
  return section;
}

struct PowerDesign {
  std::int32_t n_lots;
  double rho;
  bool few_cells;  ///< 100 a lot in place of 300 to 700

  std::string name() const { return fmt::format("{:.1f}{}", rho, few_cells ? ", 100 cells a lot" : ""); }
};

std::vector<PowerDesign> power_designs() {
  std::vector<PowerDesign> designs;
  for (const std::int32_t n : {8, 11, 15, 20})
    for (const double rho : {0.0, 0.8, 0.9}) designs.push_back({n, rho, false});
  for (const std::int32_t n : {11, 20})
    for (const double rho : {0.0, 0.8, 0.9}) designs.push_back({n, rho, true});
  return designs;
}

LotModel power_model(const PowerDesign& design) {
  LotModel model{.n_lots = design.n_lots, .causal = design.rho > 0 ? 2 : -1, .rho = design.rho};
  if (design.few_cells) model.fewest_cells = model.most_cells = 100;
  return model;
}

Section power_of_designs(std::uint64_t seed) {
  Section section{"power",
                  "Power on planted effects",
                  "7 clusters against one outcome; the weight of one cluster of about 16 % has the latent correlation "
                  "named, and counted are studies in which that cluster is found. Correlation 0: any cluster is.",
                  rules,
                  {}};
  for (const auto& design : power_designs())
    section.designs.push_back(
        {design.name(), design.n_lots, design.few_cells ? "1,999 drawn" : relabelings_of(design.n_lots),
         design.rho > 0 ? Promise::none : Promise::exact, [=](std::uint64_t study) {
           const auto model = power_model(design);
           const auto lots = plant(model, seed, study);
           auto o = options_of(lots);
           if (design.few_cells) o = mostly_drawn(o);  // shares of 100 cells have many ties
           return decisions(associate(lots, o),
                            [&](const Row& row) { return model.causal < 0 || row.cluster == model.causal; });
         }});
  return section;
}

}  // namespace

std::vector<Section> all_sections(std::uint64_t seed) {
  std::vector<Section> sections{free_designs(seed),    strata_designs(seed),        covariate_designs(seed),
                                unequal_designs(seed), compositional_designs(seed), other_designs(seed),
                                group_designs(seed),   power_of_designs(seed)};
  for (auto& section : equivalence_sections(seed)) sections.push_back(std::move(section));
  return sections;
}

void write_power_studies(const std::filesystem::path& folder, std::uint64_t seed, std::int64_t studies) {
  std::filesystem::create_directories(folder);
  for (const auto& design : power_designs()) {
    std::ofstream file(folder /
                       fmt::format("{}_{:.1f}_{}.tsv", design.n_lots, design.rho, design.few_cells ? 100 : 500));
    file << "study\tlot\toutcome\tc0\tc1\tc2\tc3\tc4\tc5\tc6\n";
    for (std::int64_t study = 0; study < studies; ++study) {
      const auto lots = plant(power_model(design), seed, static_cast<std::uint64_t>(study));
      const auto& c = lots.partitions.front();
      for (std::int32_t l = 0; l < c.n_lots; ++l) {
        file << fmt::format("{}\t{}\t{}", study, l, lots.outcomes.front().value[l]);
        for (std::int32_t k = 0; k < c.n_clusters; ++k) file << '\t' << c.cells(k, l);
        file << '\n';
      }
    }
    if (!file.flush()) throw std::runtime_error("cannot write to " + folder.string());
  }
}

}  // namespace miura::calibration
