#include "miura/sources/marker_expression.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "sources/planted_cells.hpp"

namespace {

using namespace miura;
using permutation::Side;
using sources::Contrast;
using sources::Group;
using sources::Marker;
using sources::Measure;
using sources::SourceMarker;

const double nan = std::nan("");
constexpr std::int32_t declared = 3;  // label of the declared cluster

std::size_t number(Measure measure) { return static_cast<std::size_t>(measure); }

/// Lots with cells; marker m is gene m.
struct Study {
  matrix::Lots lots;
  std::vector<Marker> markers;
  test::PlantedCells cells;
  sources::MarkerExpressionOptions options{.cluster = "CL3"};

  std::int32_t add_lot(const std::string& role, const std::string& source) {
    const auto lot = static_cast<std::int32_t>(lots.size());
    lots.push_back(
        {.id = source + std::to_string(100 + lot), .path = {}, .format = {}, .source = source, .role = role});
    return lot;
  }
  sources::MarkerCells counted(MPI_Comm comm = MPI_COMM_WORLD) const {
    std::vector<std::int32_t> column(markers.size());
    std::iota(column.begin(), column.end(), 0);
    return cells.counted(comm, declared, column, static_cast<std::int32_t>(lots.size()));
  }
  sources::MarkerReference reference() const {
    return sources::marker_reference(lots, markers, counted(MPI_COMM_SELF), options);
  }
  sources::MarkerExpression found(MPI_Comm comm = MPI_COMM_WORLD) const {
    const auto sums = counted(comm);
    return sources::marker_expression(comm, lots, markers, sums,
                                      sources::marker_reference(lots, markers, sums, options), options);
  }
};

const SourceMarker& row_of(const sources::MarkerExpression& found, std::int32_t marker, const std::string& role,
                           const std::string& source, Group group) {
  const auto row = std::ranges::find_if(found.sources, [&](const SourceMarker& r) {
    return r.marker == marker && r.role == role && r.source == source && r.group == group;
  });
  if (row == found.sources.end()) throw std::out_of_range("no row " + role + " " + source);
  return *row;
}

/// How a marker is expressed: mean counts of a cell in the declared cluster and in the others.
struct Level {
  double declared, other;
};

/// Lots whose levels vary a little, with 12 cells of the declared cluster and 18 others. The last gene is everything
/// else in the cell.
void add_lots(Study& study, int n_lots, const std::string& role, const std::string& source,
              const std::vector<Level>& levels, std::uint64_t seed) {
  for (int n = 0; n < n_lots; ++n) {
    const auto lot = study.add_lot(role, source);
    stats::RandomStream random(seed, stats::Purpose::simulate, static_cast<std::uint64_t>(lot));
    std::vector<double> of_lot;
    for (std::size_t m = 0; m < levels.size(); ++m) of_lot.push_back(std::exp(0.3 * (random.uniform() - 0.5)));
    for (int i = 0; i < 30; ++i) {
      const bool inside = i < 12;
      std::vector<std::uint32_t> counts;
      for (std::size_t m = 0; m < levels.size(); ++m)
        counts.push_back(test::poisson(random, of_lot[m] * (inside ? levels[m].declared : levels[m].other)));
      counts.push_back(400);
      study.cells.add(lot, inside ? declared : i % 3 - 1, counts);
    }
  }
}

/// Marker 0 is high in the declared cluster of every source but UC; marker 1 is the same everywhere.
Study with_marker_off_in_uc() {
  Study study;
  study.markers = {{.symbol = "LRRC75A", .id = "ENSG1", .side = Side::greater}, {.symbol = "ACTB", .id = "ENSG2"}};
  const std::vector<Level> usual{{4.0, 0.7}, {3.0, 3.0}}, off{{0.7, 0.7}, {3.0, 3.0}};
  add_lots(study, 11, "train", "BM", usual, 5);
  add_lots(study, 4, "test", "BM", usual, 5);
  add_lots(study, 4, "query", "AD", usual, 5);
  add_lots(study, 5, "query", "UC", off, 5);
  return study;
}

TEST(MarkerExpression, FindsTheSourceWhereTheMarkerIsOff) {
  const auto found = with_marker_off_in_uc().found();
  for (const auto group : {Group::all, Group::declared})
    for (const auto measure : {Measure::log2_cpm, Measure::share_high}) {
      const auto& uc = row_of(found, 0, "query", "UC", group).against_reference[number(measure)];
      EXPECT_LT(uc.difference, 0);
      EXPECT_DOUBLE_EQ(uc.p, 1.0 / 15504);  // 5 of 20 lots
      EXPECT_LE(uc.p_holm, 0.01);
      EXPECT_EQ(uc.status, "OK");
      EXPECT_EQ(uc.n, 5);
      EXPECT_EQ(uc.n_against, 15);
      EXPECT_GT(row_of(found, 0, "query", "AD", group).against_reference[number(measure)].p_holm, 0.05);
      EXPECT_GT(row_of(found, 0, "test", "BM", group).against_reference[number(measure)].p_holm, 0.05);
    }
  EXPECT_GT(row_of(found, 0, "query", "UC", Group::other).against_reference[0].p_holm, 0.05);  // was low before
}

TEST(MarkerExpression, FindsThatTheDeclaredClusterIsHigherWithinTheOtherSources) {
  const auto found = with_marker_off_in_uc().found();
  for (const auto& [role, source, n] :
       {std::tuple("test", "BM", 4), std::tuple("query", "AD", 4), std::tuple("train", "BM", 11)}) {
    const auto& row = row_of(found, 0, role, source, Group::declared);
    for (const auto& contrast : row.against_other) {
      EXPECT_GT(contrast.difference, 0);
      EXPECT_EQ(contrast.n, n);
      const bool trains = row.role == "train";
      EXPECT_EQ(contrast.side, trains ? Side::two_sided : Side::greater);
      EXPECT_DOUBLE_EQ(contrast.p, std::ldexp(trains ? 2.0 : 1.0, -n));
      EXPECT_EQ(contrast.status, trains ? "OK" : "LOW_N");  // four lots reach 1/16
      EXPECT_TRUE(std::isnan(contrast.p_holm));             // out of the family
    }
    EXPECT_TRUE(row_of(found, 0, role, source, Group::other).against_other[0].status.empty());
  }
  const auto& uc = row_of(found, 0, "query", "UC", Group::declared);
  EXPECT_EQ(uc.against_other[0].status, "OK");
  EXPECT_GT(uc.against_other[0].p, 0.05);
  const auto& mapped = row_of(found, 0, "all", "all", Group::declared);  // lots of several sources together reach more
  EXPECT_EQ(mapped.against_other[0].n, 13);
  EXPECT_LE(mapped.against_other[0].p_holm, 0.05);
  EXPECT_TRUE(mapped.against_reference[0].status.empty());
}

TEST(MarkerExpression, FindsNothingInAMarkerThatIsTheSameEverywhere) {
  for (const auto& row : with_marker_off_in_uc().found().sources) {
    if (row.marker != 1) continue;
    for (const auto& contrasts : {row.against_other, row.against_reference})
      for (const auto& contrast : contrasts) {
        const bool in_family = contrast.status == "OK" && row.role != "train";
        EXPECT_TRUE(!in_family || contrast.p_holm > 0.05) << row.role << row.source;
      }
  }
}

TEST(MarkerExpression, ComparesTheReferenceSourceWithItsOwnTrainingLots) {
  const auto found = with_marker_off_in_uc().found();
  const auto& test_lots = row_of(found, 0, "test", "BM", Group::all).against_reference[0];
  EXPECT_EQ(test_lots.n, 4);
  EXPECT_EQ(test_lots.n_against, 11);
  EXPECT_TRUE(row_of(found, 0, "train", "BM", Group::all).against_reference[0].status.empty());
}

/// Sources that do not differ are declared in no more than 5 % of the studies.
TEST(MarkerExpression, KeepsItsLevelWhereSourcesAreEqual) {
  constexpr int n_studies = 200;
  int apart = 0, within = 0, any = 0;
  for (std::uint64_t seed = 0; seed < n_studies; ++seed) {
    Study study;
    study.markers = {{.symbol = "G", .id = "E", .side = Side::greater, .high = 5.0}};
    add_lots(study, 6, "train", "BM", {{1.5, 1.5}}, 100 + seed);
    add_lots(study, 5, "query", "AD", {{1.5, 1.5}}, 100 + seed);
    add_lots(study, 5, "query", "UC", {{1.5, 1.5}}, 100 + seed);
    const auto found = study.found(MPI_COMM_SELF);
    apart += row_of(found, 0, "query", "AD", Group::declared).against_reference[0].p <= 0.05 ? 1 : 0;
    within += row_of(found, 0, "query", "all", Group::declared).against_other[0].p <= 0.05 ? 1 : 0;
    any += std::ranges::any_of(found.sources, [](const SourceMarker& row) {
      return std::ranges::any_of(row.against_reference, [](const Contrast& c) { return c.p_holm <= 0.05; });
    });
  }
  for (const int declared_studies : {apart, within, any})
    EXPECT_LE(declared_studies, 19);  // 10 expected of p, standard deviation 3.1
  EXPECT_GE(std::min(apart, within), 2);
}

/// Four training cells and one mapped lot, whose values can be had by hand. Expression of c of 100 counts is
/// log(1 + 100 c).
Study small() {
  Study study;
  study.options.min_cells = 2;
  study.markers = {{.symbol = "G", .id = "E"}};
  const auto training = study.add_lot("train", "BM"), mapped = study.add_lot("query", "UC");
  for (const std::uint32_t count : {0U, 5U, 9U}) study.cells.add(training, declared, {count, 100 - count});
  for (std::uint32_t count = 0; count <= 10; ++count) study.cells.add(training, 1, {count, 100 - count});
  for (const std::uint32_t count : {0U, 2U, 20U, 30U}) study.cells.add(mapped, declared, {count, 100 - count});
  for (const std::uint32_t count : {0U, 1U}) study.cells.add(mapped, -1, {count, 100 - count});
  return study;
}

TEST(MarkerReference, TakesTheThresholdFromTrainingCellsOutsideOfTheCluster) {
  auto study = small();  // they express 1 ... 10 counts of 100: one in ten is above log(1 + 900) = 6.80
  EXPECT_DOUBLE_EQ(study.reference().high[0], 6.81);
  EXPECT_DOUBLE_EQ(study.reference().depth, 300.0);
  study.options.high_quantile = 0.8;
  EXPECT_DOUBLE_EQ(study.reference().high[0], 6.69);  // log(1 + 800) = 6.686
  study.markers[0].high = 4.5;
  EXPECT_DOUBLE_EQ(study.reference().high[0], 4.5);
}

TEST(MarkerReference, DoesNotSeeTheMappedLots) {
  auto study = with_marker_off_in_uc();
  const auto before = study.reference();
  for (std::int64_t i = 0; i < study.cells.size(); ++i)
    if (study.lots[study.cells.lot[i]].role != "train") study.cells.counts[i] = {50, 50, 50};
  EXPECT_EQ(study.reference(), before);
}

TEST(MarkerExpression, HasTheValuesThatOneGetsByHand) {
  const auto found = small().found();
  const auto& row = row_of(found, 0, "query", "UC", Group::declared);
  EXPECT_EQ(row.n_lots, 1);
  EXPECT_EQ(row.n_cells, 4);
  EXPECT_DOUBLE_EQ(row.share_expressing, 0.75);
  EXPECT_DOUBLE_EQ(row.share_high, 0.5);
  EXPECT_NEAR(row.mean, (std::log1p(200.0) + std::log1p(2000.0) + std::log1p(3000.0)) / 4, 1e-5);
  EXPECT_EQ(row.quantile, (std::array{0.0, 0.0, 5.30, 7.60, 8.00}));
  const double prior = 2.0 / 300;  // of the training lot's declared cells
  const auto log2_cpm = [&](double count, double total) {
    return std::log2(1e6 * (count / total + prior) / (1 + 2 * prior));
  };
  EXPECT_NEAR(row.log2_cpm, log2_cpm(52, 400), 1e-12);
  EXPECT_NEAR(row_of(found, 0, "query", "UC", Group::other).log2_cpm, log2_cpm(1, 200), 1e-12);
  EXPECT_NEAR(row_of(found, 0, "query", "UC", Group::all).log2_cpm, log2_cpm(53, 600), 1e-12);
  EXPECT_NEAR(row.against_other[0].difference, log2_cpm(52, 400) - log2_cpm(1, 200), 1e-12);
  EXPECT_EQ(row.against_other[0].status, "LOW_N");
  EXPECT_TRUE(std::isnan(row.against_other[0].p));
}

TEST(MarkerExpression, GivesALotTheSameValuesAloneAndTogether) {
  const auto study = with_marker_off_in_uc();
  const auto together = study.found();
  auto alone = study;
  for (auto& lot : alone.lots)
    if (lot.role != "train" && lot.id != "UC120") lot.role = "process";
  std::erase_if(alone.lots, [](const auto& lot) { return lot.role == "process"; });
  alone.cells = {};
  for (std::int64_t i = 0; i < study.cells.size(); ++i)
    if (study.cells.lot[i] < 11 || study.cells.lot[i] == 20)
      alone.cells.add(std::min(study.cells.lot[i], 11), study.cells.label[i], study.cells.counts[i]);
  const auto few = alone.found();
  for (std::int32_t m = 0; m < 2; ++m) {
    const auto &a = few.lots[m * 12 + 11], &b = together.lots[m * 24 + 20];
    EXPECT_EQ(a.log2_cpm, b.log2_cpm);
    EXPECT_EQ(a.share_high, b.share_high);
    EXPECT_EQ(a.mean, b.mean);
    EXPECT_EQ(a.cells, b.cells);
  }
}

TEST(MarkerExpression, NamesLotsThatTakeNoPart) {
  auto study = with_marker_off_in_uc();
  auto sums = study.counted();
  sums.missing[15] = 1;                                    // marker 0 in the first AD lot
  for (int l = 19; l < 24; ++l) sums.missing[24 + l] = 1;  // marker 1 in all of UC
  sums.cells[sums.at(Group::declared, 16)] = 9;            // the second AD lot
  const auto found =
      sources::marker_expression(MPI_COMM_WORLD, study.lots, study.markers, sums, study.reference(), study.options);
  const auto& ad = row_of(found, 0, "query", "AD", Group::declared);
  EXPECT_EQ(ad.n_lots, 2);
  EXPECT_EQ(ad.against_other[0].n, 2);
  EXPECT_EQ(ad.status, "OK");
  EXPECT_EQ(ad.flags, "FEW_CELLS:AD116;NOT_MEASURED:AD115");
  EXPECT_EQ(row_of(found, 0, "query", "AD", Group::all).n_lots, 3);
  EXPECT_EQ(row_of(found, 1, "query", "AD", Group::declared).n_lots, 3);
  const auto& uc = row_of(found, 1, "query", "UC", Group::all);
  EXPECT_EQ(uc.status, "NOT_MEASURED");
  EXPECT_EQ(uc.n_cells, 0);
  EXPECT_TRUE(std::isnan(uc.share_high) && std::isnan(uc.log2_cpm) && std::isnan(uc.quantile[2]));
  EXPECT_EQ(uc.against_reference[0].status, "NOT_MEASURED");
  EXPECT_EQ(found.lots[15].status, "NOT_MEASURED");
  EXPECT_EQ(found.lots[16].status, "FEW_CELLS");
}

TEST(MarkerExpression, SaysThatThereIsNoThresholdForASilentMarker) {
  auto study = with_marker_off_in_uc();
  for (std::int64_t i = 0; i < study.cells.size(); ++i)
    if (study.cells.lot[i] < 11) study.cells.counts[i][0] = 0;
  EXPECT_TRUE(std::isnan(study.reference().high[0]));
  const auto found = study.found();
  const auto& uc = row_of(found, 0, "query", "UC", Group::declared);
  EXPECT_TRUE(std::isnan(uc.share_high));
  EXPECT_FALSE(std::isnan(uc.share_expressing));
  EXPECT_EQ(uc.against_reference[number(Measure::share_high)].status, "NO_THRESHOLD");
  EXPECT_EQ(uc.against_reference[number(Measure::log2_cpm)].status, "OK");
}

TEST(MarkerExpression, HoldsWithoutCells) {
  Study study;
  study.markers = {{.symbol = "G", .id = "E"}};
  study.add_lot("train", "BM");
  study.add_lot("query", "UC");
  const auto found = study.found();
  EXPECT_EQ(row_of(found, 0, "query", "UC", Group::all).status, "FEW_CELLS");
  EXPECT_TRUE(Study().found().sources.empty());
}

std::vector<std::uint64_t> bits_of(const sources::MarkerExpression& found) {
  std::vector<std::uint64_t> bits;
  const auto add = [&](std::initializer_list<double> values) {
    for (const double v : values) bits.push_back(std::bit_cast<std::uint64_t>(v));
  };
  for (const auto& row : found.sources) {
    add({row.share_expressing, row.share_high, row.mean, row.log2_cpm});
    for (const double q : row.quantile) add({q});
    for (const auto& contrasts : {row.against_other, row.against_reference})
      for (const auto& c : contrasts) add({c.difference, c.p, c.p_min_attainable, c.p_holm});
  }
  return bits;
}

TEST(MarkerExpression, HasTheSameBitsAsOnOneRank) {
  auto study = with_marker_off_in_uc();
  EXPECT_EQ(bits_of(study.found()), bits_of(study.found(MPI_COMM_SELF)));
  study.options.relabelings.permutations = 500;  // drawn
  EXPECT_EQ(bits_of(study.found()), bits_of(study.found(MPI_COMM_SELF)));
}

TEST(MarkerTables, HoldARowForEverythingThatWasAsked) {
  const auto study = with_marker_off_in_uc();
  const auto found = study.found();
  const auto table = sources::source_marker_table(study.markers, study.reference(), found, study.options);
  EXPECT_EQ(table.n_rows(), 2 * 6 * 3);
  EXPECT_EQ(table.column<std::string>("gene").front(), "LRRC75A");
  EXPECT_EQ(table.column<std::string>("gene_id").back(), "ENSG2");
  EXPECT_EQ(table.column<std::string>("cluster").front(), "CL3");
  const auto tests = sources::source_marker_test_table(study.markers, found, study.options);
  EXPECT_EQ(tests.n_rows(), 2 * (6 * 2 + 3 * 3 * 2));  // within: every set; between: the three that were mapped
  const std::int64_t uc = 3 * 3;                       // the fourth set, all cells
  EXPECT_EQ(table.column<std::string>("source")[uc], "UC");
  EXPECT_EQ(table.column<std::string>("group")[uc], "all");
  EXPECT_EQ(table.column<double>("p_log2_cpm_minus_reference")[uc],
            row_of(found, 0, "query", "UC", Group::all).against_reference[0].p);
}

TEST(MarkerTables, ShowEveryCellOnceInTheDensity) {
  const auto study = with_marker_off_in_uc();
  const auto table = sources::source_marker_density_table(study.lots, study.markers, study.counted(), study.options);
  std::int64_t uc = 0, uc_silent = 0;
  for (std::int64_t i = 0; i < table.n_rows(); ++i) {
    EXPECT_GT(table.column<std::int64_t>("cells")[i], 0);
    if (table.column<std::string>("gene")[i] != "LRRC75A" || table.column<std::string>("source")[i] != "UC" ||
        table.column<std::string>("group")[i] != "declared")
      continue;
    uc += table.column<std::int64_t>("cells")[i];
    if (table.column<double>("to")[i] == 0.0) uc_silent += table.column<std::int64_t>("cells")[i];
  }
  const auto found = study.found();
  const auto& row = row_of(found, 0, "query", "UC", Group::declared);
  EXPECT_EQ(uc, row.n_cells);
  EXPECT_EQ(uc, 60);
  EXPECT_NEAR(static_cast<double>(uc_silent) / 60, 1 - row.share_expressing, 1e-12);  // lots of equal size
}

TEST(MarkerTables, ShowEveryOutcomeBesideTheLot) {
  const auto study = with_marker_off_in_uc();
  association::Outcome vegf{.name = "vegf", .value = std::vector<double>(24, 1.5)}, other = vegf;
  other.name = "ido";
  other.value[23] = nan;
  const std::vector outcomes{vegf, other};
  const auto table =
      sources::source_marker_lot_table(study.lots, study.markers, study.found(), outcomes, study.options);
  EXPECT_EQ(table.n_rows(), 2 * 24 * 2);
  EXPECT_EQ(table.column<std::string>("outcome").back(), "ido");
  EXPECT_TRUE(std::isnan(table.column<double>("outcome_value").back()));
  EXPECT_EQ(table.column<double>("outcome_value").front(), 1.5);
  EXPECT_DOUBLE_EQ(table.column<double>("share_declared").front(), 0.4);
  EXPECT_EQ(sources::source_marker_lot_table(study.lots, study.markers, study.found(), {}, study.options).n_rows(),
            2 * 24);
}

}  // namespace
