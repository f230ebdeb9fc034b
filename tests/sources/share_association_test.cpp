#include "miura/sources/share_association.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>

#include "miura/stats/random.hpp"

namespace {

using namespace miura;
using association::Status;
using permutation::Side;
using sources::ShareRow;

const double nan = std::nan("");

/// Lots with a share of the cluster and an outcome.
struct Study {
  matrix::Lots lots;
  sources::DeclaredCluster cluster{.name = "CL3", .share = {}, .cells = {}};
  association::Outcome outcome{.name = "vegf", .value = {}};

  void add(const std::string& role, const std::string& source, double share, double value, std::int64_t cells = 400) {
    const auto number = std::to_string(100 + lots.size());
    lots.push_back({.id = source + number, .path = {}, .format = {}, .source = source, .role = role});
    cluster.share.push_back(share);
    cluster.cells.push_back(cells);
    outcome.value.push_back(value);
  }
  /// n lots whose outcome rises with the share, from a level of their own.
  void add_rising(const std::string& role, const std::string& source, int n, double level) {
    for (int i = 0; i < n; ++i) add(role, source, 0.1 + 0.05 * i, level + i);
  }

  sources::ShareAssociation tested(MPI_Comm comm = MPI_COMM_WORLD,
                                   const sources::ShareAssociationOptions& options = {}) const {
    return sources::share_association(comm, lots, cluster, outcome, options);
  }
  ShareRow row(const std::string& role, const std::string& source) const {
    const auto rows = tested().rows;
    const auto found = std::ranges::find_if(rows, [&](const auto& r) { return r.role == role && r.source == source; });
    if (found == rows.end()) throw std::out_of_range("no row " + role + " " + source);
    return *found;
  }
};

/// 11 training lots, and those that were mapped: 4 of the same source, 4 and 5 of two others.
Study published_design() {
  Study study;
  study.add_rising("train", "BM", 11, 0);
  study.add_rising("test", "BM", 4, 3);
  study.add_rising("query", "UC", 5, 100);
  study.add_rising("query", "AD", 4, -50);
  return study;
}

TEST(ShareAssociation, ReachesTheSmallestPThatTheLotsAllow) {
  const auto study = published_design();
  for (const auto& [role, source, n, n_strata, relabelings] :
       {std::tuple("test", "BM", 4, 1, 24), std::tuple("query", "AD", 4, 1, 24), std::tuple("query", "UC", 5, 1, 120),
        std::tuple("query", "all", 9, 2, 24 * 120), std::tuple("all", "all", 13, 3, 24 * 24 * 120)}) {
    const auto row = study.row(role, source);
    EXPECT_EQ(row.n, n) << role << source;
    EXPECT_EQ(row.n_strata, n_strata);
    EXPECT_EQ(row.n_perm, relabelings);
    EXPECT_DOUBLE_EQ(row.p_min_attainable, 1.0 / relabelings);
    if (n_strata == 1) {
      EXPECT_DOUBLE_EQ(row.p_exact, 1.0 / relabelings) << role << source;
      EXPECT_DOUBLE_EQ(row.rho, 1.0);
    }
    EXPECT_EQ(row.status, Status::ok) << role << source;
  }
}

TEST(ShareAssociation, NamesNoRowTwice) {
  const auto study = published_design();
  std::vector<std::string> names;
  for (const auto& row : study.tested().rows) names.push_back(row.role + " " + row.source);
  EXPECT_EQ(names, (std::vector<std::string>{"test BM", "query AD", "query UC", "query all", "all all"}));

  Study one;  // the mapped lots are those of one source: nothing to put together
  one.add_rising("train", "BM", 5, 0);
  one.add_rising("query", "AD", 4, 0);
  EXPECT_EQ(one.tested().rows.size(), 1U);
  EXPECT_TRUE(Study().tested().rows.empty());
}

TEST(ShareAssociation, LeavesTheTrainingLotsOut) {
  auto study = published_design();
  const auto before = study.row("all", "all");
  for (int l = 0; l < 11; ++l) study.outcome.value[l] = -1e6 * l;
  EXPECT_EQ(study.row("all", "all").p_exact, before.p_exact);
}

/// Otherwise shares and outcomes that differ between sources would pass for an association.
TEST(ShareAssociation, IsNotMovedByDifferencesBetweenSources) {
  Study study;
  for (const double share : {0.11, 0.14, 0.12, 0.13}) study.add("query", "AD", share, 1.0 + share);
  for (const double share : {0.81, 0.84, 0.82, 0.83, 0.80}) study.add("query", "UC", share, 90.0 - share);
  const auto apart = study.row("query", "all");
  for (auto& value : study.outcome.value) value = value > 50 ? value - 90 : value;
  const auto level = study.row("query", "all");
  EXPECT_EQ(apart.p_exact, level.p_exact);
  EXPECT_GT(apart.p_exact, 0.3);
}

TEST(ShareAssociation, HasTheOppositePForTheOppositeHypothesis) {
  auto study = published_design();
  study.cluster.hypothesis = Side::less;
  EXPECT_EQ(study.row("query", "UC").p_exact, 1.0);
  for (auto& value : study.outcome.value) value = -value;
  EXPECT_DOUBLE_EQ(study.row("query", "UC").p_exact, 1.0 / 120);
  const auto table = sources::share_association_table(study.tested().rows);
  EXPECT_EQ(table.column<std::string>("hypothesis")[0], "rho < 0");
  EXPECT_EQ(table.column<std::string>("flags")[0], "ONE_SIDED_LESS");
}

TEST(ShareAssociation, AgreesWithIndependentEnumerations) {
  std::ifstream file(std::string(MIURA_TEST_DATA) + "/golden_sources/golden.json");
  const auto golden = nlohmann::json::parse(file);
  for (const auto& expected : golden["spearman"]) {
    Study study;
    for (std::size_t l = 0; l < expected["share"].size(); ++l)
      study.add("query", "UC", expected["share"][l], expected["outcome"][l]);
    const auto row = study.row("query", "UC");
    EXPECT_NEAR(row.rho, expected["rho"], 1e-12);
    EXPECT_NEAR(row.p_exact, expected["p_greater"], 1e-12);
    study.cluster.hypothesis = Side::less;
    EXPECT_NEAR(study.row("query", "UC").p_exact, expected["p_less"], 1e-12);
  }
  for (const auto& expected : golden["stratified"]) {
    Study study;
    for (std::size_t l = 0; l < expected["share"].size(); ++l)
      study.add("query", "source " + expected["source"][l].dump(), expected["share"][l], expected["outcome"][l],
                expected["cells"][l]);
    const auto row = study.row("query", "all");
    EXPECT_NEAR(row.rho, expected["rho"], 1e-12);
    EXPECT_NEAR(row.p_exact, expected["p_greater"], 1e-12);
    EXPECT_EQ(row.n_perm, expected["n_perm"].get<std::int64_t>());
  }
}

TEST(ShareAssociation, NamesLotsWithFewCells) {
  auto study = published_design();
  study.cluster.cells[15] = 49;
  study.cluster.cells[19] = 0;
  study.cluster.share[19] = nan;
  study.cluster.cells[20] = 50;
  study.cluster.cells[0] = 3;  // a training lot is none of ours
  const auto found = study.tested();
  EXPECT_EQ(found.left_out, (std::vector<std::int32_t>{15, 19}));
  EXPECT_EQ(study.row("query", "UC").n, 3);
  EXPECT_EQ(study.row("query", "AD").n, 4);
  EXPECT_EQ(study.row("query", "UC").flags, "ONE_SIDED_GREATER;FEW_CELLS:UC115,UC119");
  EXPECT_EQ(study.row("query", "AD").flags, "ONE_SIDED_GREATER");
}

TEST(ShareAssociation, LeavesOutLotsWithoutOutcomeOrShare) {
  auto study = published_design();
  study.outcome.value[16] = nan;
  study.cluster.share[20] = nan;
  EXPECT_EQ(study.row("query", "UC").n, 4);
  EXPECT_EQ(study.row("query", "AD").n, 3);
  EXPECT_EQ(study.row("query", "all").n, 7);
}

TEST(ShareAssociation, ComputesNothingThatIsNotThere) {
  const auto expect_nothing = [](const ShareRow& row, Status status) {
    EXPECT_EQ(row.status, status);
    EXPECT_TRUE(std::isnan(row.rho) && std::isnan(row.p_exact) && std::isnan(row.p_min_attainable));
  };
  Study study;
  study.add_rising("query", "two", 2, 0);
  study.add_rising("query", "three", 3, 0);
  for (int l = 0; l < 5; ++l) study.add("query", "same share", 0.2, l);
  for (int l = 0; l < 5; ++l) study.add("query", "same outcome", 0.1 * l, 7);
  for (int l = 0; l < 5; ++l) study.add("query", "no outcome", 0.1 * l, nan);
  for (int l = 0; l < 5; ++l) study.add("query", "ties", l < 1 ? 0.1 : 0.2, l < 1 ? 1 : 2);
  expect_nothing(study.row("query", "two"), Status::low_n);
  expect_nothing(study.row("query", "same share"), Status::constant_feature);
  expect_nothing(study.row("query", "same outcome"), Status::constant_outcome);
  expect_nothing(study.row("query", "no outcome"), Status::constant_outcome);
  const auto three = study.row("query", "three"), ties = study.row("query", "ties");
  EXPECT_EQ(three.status, Status::low_n);  // has its p, but cannot be declared
  EXPECT_DOUBLE_EQ(three.p_exact, 1.0 / 6);
  EXPECT_EQ(ties.status, Status::too_many_ties);
  EXPECT_DOUBLE_EQ(ties.p_exact, 0.2);
}

TEST(ShareAssociation, SaysThatASourceOfOneLotTellsNothing) {
  Study study;
  study.add("query", "AD", 0.1, 0);
  study.add("query", "UC", 0.3, 9);
  study.add("query", "WJ", 0.2, 5);
  const auto row = study.row("query", "all");
  EXPECT_EQ(row.status, Status::not_tested);
  EXPECT_TRUE(std::isnan(row.p_exact));
  EXPECT_NE(row.flags.find("STRATUM_OF_ONE_LOT"), std::string::npos);
}

std::vector<std::uint64_t> bits_of(const sources::ShareAssociation& found) {
  std::vector<std::uint64_t> bits;
  for (const auto& row : found.rows)
    for (const double v : {row.rho, row.p_exact, row.p_min_attainable}) bits.push_back(std::bit_cast<std::uint64_t>(v));
  return bits;
}

/// Mapped lots without an association between share and outcome.
Study unrelated(std::uint64_t number) {
  stats::RandomStream random(7, stats::Purpose::simulate, number);
  Study study;
  for (const auto& [source, n] : {std::pair("AD", 4), std::pair("UC", 5), std::pair("WJ", 6)})
    for (int l = 0; l < n; ++l) study.add("query", source, random.uniform(), random.uniform());
  return study;
}

TEST(ShareAssociation, HasTheSameBitsAsOnOneRank) {
  auto study = unrelated(0);
  for (int l = 0; l < 8; ++l)
    study.add("query", "XX", 0.1 + 0.01 * ((7 * l) % 8), l);  // too many: relabelings are drawn
  const sources::ShareAssociationOptions options{.relabelings = {.exact_up_to = 9, .permutations = 2'000}};
  EXPECT_EQ(bits_of(study.tested(MPI_COMM_WORLD, options)), bits_of(study.tested(MPI_COMM_SELF, options)));
}

TEST(ShareAssociation, KeepsItsLevelWhereNothingIsAssociated) {
  constexpr int n_studies = 300;
  std::vector<int> declared(4);
  for (int number = 0; number < n_studies; ++number) {
    const auto rows = unrelated(number).tested().rows;
    ASSERT_EQ(rows.size(), declared.size());
    for (std::size_t i = 0; i < rows.size(); ++i) declared[i] += rows[i].p_exact <= 0.05 ? 1 : 0;
  }
  for (const int d : declared) EXPECT_LE(d, 27);                        // 15 expected, standard deviation 3.8
  EXPECT_GT(std::accumulate(declared.begin(), declared.end(), 0), 20);  // nor is it silent
}

TEST(ShareAssociation, RefusesWhatDoesNotFit) {
  auto study = published_design();
  study.cluster.hypothesis = Side::two_sided;
  EXPECT_THROW(study.tested(), std::logic_error);
  study = published_design();
  study.cluster.share.pop_back();
  EXPECT_THROW(study.tested(), std::logic_error);
}

}  // namespace
