#include "simulate/counts.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <vector>

namespace {

using namespace miura::simulate;

/// One lot of 1,500 barcodes, without files.
struct Lot {
  Options options;
  Populations populations = stromal_states();
  Transcriptome transcriptome = make_transcriptome(options, populations);
  LotPlan plan = plan_lots(options, populations)[0];
  DrawnLot drawn = draw_counts(options, populations, transcriptome, plan);

  /// State of a good cell, else the class.
  std::string kind(std::size_t cell) const {
    const auto& truth = drawn.truth[cell];
    return std::string(truth.holds == CellClass::good ? populations.state[static_cast<std::size_t>(truth.state)].name
                                                      : name_of(truth.holds));
  }
  double molecules(std::size_t cell) const {
    double sum = 0;
    drawn.cells.counts.for_each(static_cast<std::int64_t>(cell), [&](std::int32_t, std::uint32_t n) { sum += n; });
    return sum;
  }
  /// Mean over cells of a kind: the share of counts on genes whose symbol begins so.
  std::map<std::string, double> share(const std::string& prefix) const {
    std::map<std::string, std::pair<double, double>> sums;
    for (std::size_t cell = 0; cell < drawn.truth.size(); ++cell) {
      double on_prefix = 0;
      drawn.cells.counts.for_each(static_cast<std::int64_t>(cell), [&](std::int32_t gene, std::uint32_t n) {
        if (transcriptome.genes.symbol[static_cast<std::size_t>(gene)].starts_with(prefix)) on_prefix += n;
      });
      auto& [sum, n] = sums[kind(cell)];
      sum += on_prefix / molecules(cell);
      ++n;
    }
    std::map<std::string, double> mean;
    for (const auto& [name, sum] : sums) mean[name] = sum.first / sum.second;
    return mean;
  }
  double ratio(const std::string& prefix) const {
    auto mean = share(prefix);
    return mean["CL3"] / mean["progenitor"];  // the two lean to each other: the planted folds are dampened
  }
};

Lot lot_of(double effect, std::uint64_t seed = 1) {
  return {.options = {.lots_bm = 1, .cells_per_lot = 1500, .genes = 800, .effect = effect, .seed = seed}};
}

TEST(FunctionalCells, ShowTheirProgramme) {
  const auto lot = lot_of(1);
  EXPECT_GT(lot.ratio("MT-"), 1.2);
  EXPECT_GT(lot.ratio("NDUF"), 1.2);
  EXPECT_GT(lot.ratio("COX"), 1.2);
  EXPECT_GT(lot.ratio("UQCR"), 1.2);
  EXPECT_GT(lot.ratio("ATP5"), 1.2);
  EXPECT_GT(lot.ratio("LRRC75A"), 1.7);
  EXPECT_LT(lot.ratio("COL"), 0.8);
  EXPECT_LT(lot.ratio("FN1"), 0.8);
  EXPECT_LT(lot.ratio("LUM"), 0.8);
  EXPECT_NEAR(lot.ratio("RPL"), 1, 0.1);
  EXPECT_LT(lot.share("MT-")["CL3"], 0.15);  // or a usual quality control would drop what it looks for
}

TEST(CellStates, AreAllAlikeWithoutAnEffect) {
  const auto lot = lot_of(0);
  EXPECT_NEAR(lot.ratio("MT-"), 1, 0.04);
  EXPECT_NEAR(lot.ratio("NDUF"), 1, 0.04);
  EXPECT_NEAR(lot.ratio("COL"), 1, 0.04);
}

TEST(BadBarcodes, AreWhatAQualityControlLooksFor) {
  const auto lot = lot_of(1);
  std::map<std::string, std::pair<double, double>> sums;  // molecules, barcodes
  for (std::size_t cell = 0; cell < lot.drawn.truth.size(); ++cell) {
    const auto& truth = lot.drawn.truth[cell];
    auto& [molecules, n] = sums[std::string(name_of(truth.holds))];
    molecules += lot.molecules(cell);
    ++n;
    EXPECT_EQ(truth.state < 0, truth.holds == CellClass::empty);
    if (truth.holds == CellClass::empty) {
      EXPECT_LT(lot.molecules(cell), 400);
    }
  }
  const auto mean = [&](const char* name) { return sums[name].first / sums[name].second; };
  EXPECT_GT(mean("doublet"), 1.4 * mean("good"));
  EXPECT_LT(mean("low_quality"), 0.4 * mean("good"));
  EXPECT_GT(lot.share("MT-")["low_quality"], 0.25);
  const auto n = static_cast<double>(lot.drawn.truth.size());
  for (const auto& [name, share] : {std::pair{"doublet", .04}, {"low_quality", .04}, {"empty", .03}, {"good", .89}})
    EXPECT_NEAR(sums[name].second / n, share, 4 * std::sqrt(share * (1 - share) / n)) << name;
}

TEST(GenesOfOneSex, AreAbsentInTheOther) {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    const auto lot = lot_of(1, seed);
    const auto good_share = [&](const char* gene) { return lot.share(gene)["progenitor"]; };
    const auto [own, other] = lot.plan.sex == "F" ? std::pair{"XIST", "RPS4Y1"} : std::pair{"RPS4Y1", "XIST"};
    EXPECT_GT(good_share(own), 0) << seed;
    EXPECT_EQ(good_share(other), 0) << seed;
  }
}

TEST(NamedGenes, HaveTheSameProgrammesInALargerStudy) {
  const auto populations = stromal_states();
  const auto few = make_transcriptome({.genes = 500}, populations),
             many = make_transcriptome({.genes = 900}, populations);
  for (std::size_t g = 0; g < 321; ++g) {
    EXPECT_EQ(few.genes.id[g], many.genes.id[g]);
    EXPECT_EQ(few.log_level[g], many.log_level[g]);
    for (std::size_t k = 0; k < few.programme.size(); ++k) EXPECT_EQ(few.programme[k][g], many.programme[k][g]);
  }
  for (const auto& t : {few, many}) {
    const double total = std::accumulate(t.log_level.begin(), t.log_level.end(), 0.0,
                                         [](double s, double l) { return s + std::exp(l); });
    EXPECT_NEAR(total, 1, 1e-12);
  }
}

}  // namespace
