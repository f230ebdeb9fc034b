#include "miura/neighborhood/association.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "miura/base/error.hpp"
#include "miura/permutation/max_t.hpp"
#include "miura/stats/ranks.hpp"
#include "neighborhood/graphs.hpp"

namespace {

using namespace miura;
using namespace miura::neighborhood;
using namespace miura::neighborhood_test;
using parallel::Partition;

const AssociationOptions few{.permutations = 999, .min_cells_per_lot = 1};

nlohmann::json golden(const std::string& name) {
  return nlohmann::json::parse(std::ifstream(MIURA_TEST_DATA "/golden_nam/" + name));
}

/// Bits, so that NaN equals NaN.
std::vector<std::uint64_t> bits(std::span<const double> values) {
  std::vector<std::uint64_t> result;
  for (const auto v : values) result.push_back(std::bit_cast<std::uint64_t>(v));
  return result;
}

/// Points of each lot: uniform in the unit square, but for a share of the lot that lies apart, near (3, 3).
Plane with_region(const std::vector<double>& share, std::int32_t cells_of_lot, std::uint64_t seed) {
  Plane plane = scattered(std::ssize(share) * cells_of_lot, static_cast<std::int32_t>(share.size()), seed);
  for (std::int64_t i = 0; i < plane.size(); ++i) {
    if (static_cast<double>(i / plane.n_lots) + 0.5 > share[plane.lot[i]] * cells_of_lot) continue;
    plane.at[i].first = 3 + 0.5 * plane.at[i].first;
    plane.at[i].second = 3 + 0.5 * plane.at[i].second;
  }
  return plane;
}
bool in_region(const Plane& plane, std::int64_t i) { return plane.at[i].first > 2; }

std::vector<double> drawn_outcome(std::int32_t n_lots, std::uint64_t seed) {
  stats::RandomStream random(seed, stats::Purpose::bootstrap, 0);
  std::vector<double> outcome(n_lots);
  for (auto& y : outcome) y = random.uniform();
  return outcome;
}

/// Abundances without a graph: random, replicated on every rank; this rank keeps its rows.
Abundance drawn_abundance(std::int64_t n_cells, std::int32_t n_lots, std::uint64_t seed) {
  Abundance nam{.cells = Partition::even(n_cells, n_ranks()), .n_lots = n_lots, .steps = 3};
  nam.lot_size.assign(n_lots, 100);
  for (auto i = nam.cells.begin(my_rank()); i < nam.cells.end(my_rank()); ++i) {
    stats::RandomStream random(seed, stats::Purpose::simulate, static_cast<std::uint64_t>(i));
    for (std::int32_t l = 0; l < n_lots; ++l) nam.value.push_back(random.uniform());
  }
  return nam;
}

Association alone(const Plane& plane, std::span<const double> outcome, std::span<const std::int32_t> stratum,
                  const AssociationOptions& options) {
  const auto nam = abundance_of(MPI_COMM_SELF, plane, 15, Partition::even(plane.size(), 1), {});
  return associate(MPI_COMM_SELF, nam, outcome, stratum, options);
}

TEST(Association, EqualsTheEnumerationOfAllRelabelingsOfSixLots) {
  const auto given = golden("golden_nam.json"), expected = golden("golden_association.json")["six_lots"];
  const auto value = given["nam"].get<std::vector<std::vector<double>>>();
  Abundance nam{.cells = Partition::even(std::ssize(value), n_ranks()), .n_lots = 6, .steps = 3};
  nam.lot_size.assign(6, 5);
  const auto first = nam.cells.begin(my_rank());
  for (auto i = first; i < nam.cells.end(my_rank()); ++i)
    nam.value.insert(nam.value.end(), value[i].begin(), value[i].end());
  const auto outcome = given["y"].get<std::vector<double>>();
  const auto found = associate(MPI_COMM_WORLD, nam, outcome, {}, {.min_cells_per_lot = 1});
  EXPECT_EQ(found.status, Status::ok);
  EXPECT_EQ(found.n_perm, 720);
  EXPECT_EQ(found.perm_type, "exact");
  EXPECT_EQ(found.k, expected["k"]);
  EXPECT_NEAR(found.r2, expected["r2"].get<double>(), 1e-6);
  EXPECT_DOUBLE_EQ(found.p, expected["p"].get<double>());
  for (std::int64_t i = 0; i < nam.n_local(); ++i) {
    EXPECT_NEAR(found.ncorr[i], expected["rho"][first + i].get<double>(), 1e-14);
    EXPECT_DOUBLE_EQ(found.p_fwer[i], expected["p_fwer"][first + i].get<double>());
    EXPECT_NEAR(found.fdr[i], expected["fdr"][first + i].get<double>(), 1e-12);
  }
}

TEST(Association, AgreesWithThePackageCnaOnTwentyFourLots) {
  const auto given = golden("golden_association.json")["twenty_four_lots"];
  Plane plane{.n_lots = 24};
  for (const auto& point : given["X"]) plane.at.emplace_back(point[0], point[1]);
  plane.lot = given["lot"].get<std::vector<std::int32_t>>();
  const auto nam =
      abundance_of(MPI_COMM_WORLD, plane, given["neighbors"], Partition::even(plane.size(), n_ranks()), {});
  for (std::size_t m = 0; m < given["outcomes"].size(); ++m) {
    const auto outcome = given["outcomes"][m].get<std::vector<double>>();
    const auto found = associate(MPI_COMM_WORLD, nam, outcome, {}, {.permutations = 1'999, .min_cells_per_lot = 1});
    const auto& cna = given["cna"][m];
    EXPECT_EQ(found.k, cna["k"]);
    EXPECT_NEAR(found.r2, cna["r2"].get<double>(), 1e-6);
    EXPECT_NEAR(found.p, cna["p"].get<double>(), 0.035);  // 3 standard errors of 2,000 relabelings at p = 0.5
  }
}

TEST(Association, HasTheSameBitsForAnyLayoutAndThreads) {
  const auto plane = with_region({.1, .4, .2, .5, .3, .6, .2, .1, .4, .5, .3, .2}, 25, 3);
  const auto outcome = drawn_outcome(12, 4);
  const std::vector<std::int32_t> stratum{0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1};
  for (const auto& strata : {std::vector<std::int32_t>{}, stratum}) {
    const auto expected = alone(plane, outcome, strata, few);
    for (const auto& cells : {Partition::even(plane.size(), n_ranks()), all_on_the_last(plane.size())})
      for (const int threads : {1, 2}) {
        omp_set_num_threads(threads);
        const auto nam = abundance_of(MPI_COMM_WORLD, plane, 15, cells, {});
        const auto found = associate(MPI_COMM_WORLD, nam, outcome, strata, few);
        EXPECT_EQ(found.p, expected.p);
        EXPECT_EQ(found.k, expected.k);
        EXPECT_EQ(found.p_local, expected.p_local);
        EXPECT_EQ(bits(std::vector{found.r2}), bits(std::vector{expected.r2}));
        EXPECT_EQ(bits(found.global_null), bits(expected.global_null));
        EXPECT_EQ(bits(found.ncorr), bits(mine(expected.ncorr, cells, my_rank())));
        EXPECT_EQ(bits(found.p_fwer), bits(mine(expected.p_fwer, cells, my_rank())));
        EXPECT_EQ(bits(found.fdr), bits(mine(expected.fdr, cells, my_rank())));
      }
  }
}

TEST(Association, FindsThePlantedRegionAndNothingElse) {
  const std::int32_t n_lots = 20;
  std::vector<double> outcome, share;
  for (std::int32_t l = 0; l < n_lots; ++l) {
    outcome.push_back((l * 7 + 3) % n_lots);
    share.push_back(0.05 + 0.6 * outcome.back() / n_lots);
  }
  const auto plane = with_region(share, 40, 8);
  const auto cells = Partition::even(plane.size(), n_ranks());
  const auto nam = abundance_of(MPI_COMM_WORLD, plane, 15, cells, {});
  const auto found = associate(MPI_COMM_WORLD, nam, outcome, {}, few);
  EXPECT_EQ(found.perm_type, "mc");
  EXPECT_EQ(found.n_perm, 1000);
  EXPECT_LE(found.p, 0.01);
  EXPECT_LE(found.p_local, 0.01);
  std::int64_t inside = 0, found_inside = 0, outside = 0, found_more_outside = 0;
  for (std::int64_t i = 0; i < nam.n_local(); ++i) {
    const bool called = found.p_fwer[i] <= 0.05;
    EXPECT_LE(found.fdr[i], 1.0);
    if (in_region(plane, cells.begin(my_rank()) + i)) {
      ++inside;
      found_inside += called && found.ncorr[i] > 0;
    } else {
      ++outside;
      found_more_outside += called && found.ncorr[i] > 0;
    }
  }
  for (auto* count : {&inside, &found_inside, &outside, &found_more_outside})
    *count = parallel::sum_over_ranks(MPI_COMM_WORLD, *count);
  EXPECT_GT(outside, inside);
  EXPECT_GT(found_inside, inside / 4);
  EXPECT_EQ(found_more_outside, 0);
}

TEST(Association, SeldomFindsAnythingInNoise) {
  const auto nam = abundance_of(MPI_COMM_SELF, scattered(14 * 15, 14, 6), 6, Partition::even(14 * 15, 1), {});
  constexpr int n_outcomes = 100;
  int local = 0, global = 0;
  for (int m = 0; m < n_outcomes; ++m) {
    const auto found =
        associate(MPI_COMM_SELF, nam, drawn_outcome(14, 100 + m), {}, {.permutations = 199, .min_cells_per_lot = 1});
    local += found.p_local <= 0.05;
    global += found.p <= 0.05;
  }
  EXPECT_GT(local, 0);  // 5 are expected, 2.2 the standard deviation
  EXPECT_LE(local, 11);
  EXPECT_GT(global, 0);
  EXPECT_LE(global, 11);
}

TEST(Association, WithinStrataIgnoresWhatAStratumAddsToOutcomeAndAbundance) {
  // The source, six lots each, shifts both; within it nothing is linked.
  const std::vector<std::int32_t> stratum{7, 7, 7, 7, 7, 7, 2, 2, 2, 2, 2, 2};
  std::vector<double> share(6, 0.15);
  share.resize(12, 0.6);
  const auto nam = abundance_of(MPI_COMM_SELF, with_region(share, 25, 2), 8, Partition::even(12 * 25, 1), {});
  constexpr int n_outcomes = 100;
  int found_freely = 0, local = 0, global = 0;
  const AssociationOptions options{.permutations = 199, .min_cells_per_lot = 1};
  for (int m = 0; m < n_outcomes; ++m) {
    auto outcome = drawn_outcome(12, 300 + m);
    const auto unshifted = associate(MPI_COMM_SELF, nam, outcome, stratum, options);
    for (int l = 6; l < 12; ++l) outcome[l] += 1;
    found_freely += associate(MPI_COMM_SELF, nam, outcome, {}, options).p <= 0.05;
    const auto within = associate(MPI_COMM_SELF, nam, outcome, stratum, options);
    EXPECT_EQ(within.perm_type, "stratified");
    EXPECT_EQ(within.p, unshifted.p);
    EXPECT_EQ(bits(within.p_fwer), bits(unshifted.p_fwer));
    local += within.p_local <= 0.05;
    global += within.p <= 0.05;
  }
  EXPECT_GT(found_freely, 90);
  EXPECT_LE(local, 11);  // 5 are expected, 2.2 the standard deviation
  EXPECT_LE(global, 11);
}

TEST(Association, OfRanksIsTheSameForAnyMonotoneScale) {
  const auto nam = drawn_abundance(50, 9, 3);
  auto outcome = drawn_outcome(9, 5);
  auto options = few;
  options.rank_outcome = true;
  const auto found = associate(MPI_COMM_WORLD, nam, outcome, {}, options);
  for (auto& y : outcome) y = std::exp(5 * y);
  const auto scaled = associate(MPI_COMM_WORLD, nam, outcome, {}, options);
  EXPECT_EQ(found.p, scaled.p);
  EXPECT_EQ(found.r2, scaled.r2);
  EXPECT_EQ(bits(found.ncorr), bits(scaled.ncorr));
  EXPECT_EQ(bits(found.fdr), bits(scaled.fdr));
}

TEST(Association, TakesFdrAndFamilywisePInTheOrderOfRho) {
  const auto nam = drawn_abundance(80, 10, 1);
  const auto found = associate(MPI_COMM_WORLD, nam, drawn_outcome(10, 9), {}, few);
  for (std::size_t i = 0; i < found.ncorr.size(); ++i)
    for (std::size_t j = 0; j < found.ncorr.size(); ++j) {
      if (std::abs(found.ncorr[i]) < std::abs(found.ncorr[j])) continue;
      EXPECT_LE(found.fdr[i], found.fdr[j]);
      EXPECT_LE(found.p_fwer[i], found.p_fwer[j]);
    }
}

TEST(Association, LeavesOutLotsWithoutOutcomeOrWithFewCells) {
  const auto whole = drawn_abundance(40, 9, 7);
  auto outcome = drawn_outcome(9, 2);
  auto part = whole;
  part.n_lots = 7;
  part.value.clear();
  part.lot_size.assign(7, 100);
  std::vector<double> kept;
  for (std::int32_t l = 0; l < 9; ++l)
    if (l != 2 && l != 5) kept.push_back(outcome[l]);
  for (std::int64_t i = 0; i < whole.n_local(); ++i)
    for (std::int32_t l = 0; l < 9; ++l)
      if (l != 2 && l != 5) part.value.push_back(whole.row(i)[l]);
  outcome[2] = std::nan("");
  auto holey = whole;
  holey.lot_size[5] = 9;
  const AssociationOptions options{.permutations = 999, .min_cells_per_lot = 10};
  const auto found = associate(MPI_COMM_WORLD, holey, outcome, {}, options);
  const auto expected = associate(MPI_COMM_WORLD, part, kept, {}, options);
  EXPECT_EQ(found.lots, (std::vector<std::int32_t>{0, 1, 3, 4, 6, 7, 8}));
  EXPECT_EQ(found.n, 7);
  EXPECT_EQ(found.p, expected.p);
  EXPECT_EQ(bits(found.ncorr), bits(expected.ncorr));
  EXPECT_EQ(bits(found.p_fwer), bits(expected.p_fwer));
}

TEST(Association, SaysWhyNothingIsTested) {
  const auto nam = drawn_abundance(20, 6, 1);
  const double none = std::nan("");
  const auto status_of = [&](std::vector<double> outcome, std::vector<std::int32_t> stratum = {}) {
    const auto found = associate(MPI_COMM_WORLD, nam, outcome, stratum, few);
    EXPECT_TRUE(std::isnan(found.p));
    EXPECT_EQ(std::ssize(found.ncorr), nam.n_local());
    EXPECT_TRUE(std::ranges::all_of(found.p_fwer, [](double p) { return std::isnan(p); }));
    return name_of(found.status);
  };
  EXPECT_EQ(status_of({4, 4, 4, 4, 4, 4}), "CONSTANT_OUTCOME");
  EXPECT_EQ(status_of({none, none, none, none, none, none}), "CONSTANT_OUTCOME");
  EXPECT_EQ(status_of({1, 2, none, none, none, none}), "LOW_N");
  EXPECT_EQ(status_of({.1, .1, .1, 2, 2, 2}, {0, 0, 0, 1, 1, 1}), "NOT_TESTED");  // outcome and stratum are one
  EXPECT_EQ(status_of({1, 2, 3, 4, 5, 6}, {0, 1, 2, 3, 4, 5}), "NOT_TESTED");
  auto flat = nam;
  std::ranges::fill(flat.value, 0.1);
  const auto found = associate(MPI_COMM_WORLD, flat, std::vector<double>{1, 2, 3, 4, 5, 6}, {}, few);
  EXPECT_EQ(found.status, Status::constant_feature);
}

TEST(Association, OfFourLotsKeepsItsPWithTheFlag) {
  const auto found = associate(MPI_COMM_WORLD, drawn_abundance(20, 4, 1), std::vector<double>{1, 2, 3, 4}, {}, few);
  EXPECT_EQ(found.status, Status::low_n);
  EXPECT_EQ(found.n_perm, 24);
  EXPECT_EQ(found.flags, "FEW_LOTS");
  EXPECT_GE(found.p, 1.0 / 24);
}

TEST(Association, LeavesNeighborhoodsThatDoNotVaryOut) {
  auto nam = drawn_abundance(30, 8, 1);
  const auto first = nam.cells.begin(my_rank());
  for (std::int64_t i = 0; i < nam.n_local(); ++i)
    if ((first + i) % 3 == 0) std::fill_n(nam.value.begin() + i * 8, 8, 0.0);
  const auto found = associate(MPI_COMM_WORLD, nam, drawn_outcome(8, 3), {}, few);
  for (std::int64_t i = 0; i < nam.n_local(); ++i) {
    EXPECT_EQ(std::isnan(found.ncorr[i]), (first + i) % 3 == 0);
    EXPECT_EQ(std::isnan(found.p_fwer[i]), (first + i) % 3 == 0);
    EXPECT_EQ(std::isnan(found.fdr[i]), (first + i) % 3 == 0);
  }
}

TEST(Association, RefusesWhatCannotBe) {
  const auto nam = drawn_abundance(10, 3, 1);
  EXPECT_THROW(associate(MPI_COMM_WORLD, nam, std::vector<double>{1, HUGE_VAL, 3}, {}, few), UsageError);
  EXPECT_THROW(associate(MPI_COMM_WORLD, nam, std::vector<double>{1, 2, 3}, {}, {.permutations = 0}), UsageError);
  EXPECT_THROW(associate(MPI_COMM_WORLD, nam, std::vector<double>{1, 2}, {}, few), std::logic_error);
}

/// Ranks of `n_features` drawn features against one outcome.
permutation::RankTests drawn_clusters(std::int32_t n_features, std::span<const double> outcome, std::uint64_t seed) {
  permutation::RankTests tests;
  tests.n_lots = static_cast<std::int32_t>(outcome.size());
  for (std::int32_t f = 0; f < n_features; ++f) {
    const auto ranks = stats::doubled_mid_ranks(drawn_outcome(tests.n_lots, seed + f));
    tests.feature.insert(tests.feature.end(), ranks.begin(), ranks.end());
  }
  tests.outcome = stats::doubled_mid_ranks(outcome);
  tests.pair_all();
  return tests;
}

TEST(Omnibus, HasTheClustersFamilywiseP) {
  const auto nam = drawn_abundance(25, 7, 1);
  const auto outcome = drawn_outcome(7, 77);
  const auto clusters = drawn_clusters(9, outcome, 500);
  const auto found = associate(MPI_COMM_WORLD, nam, outcome, {}, {.min_cells_per_lot = 1});
  const auto together = omnibus(MPI_COMM_WORLD, found, clusters, 0);
  const auto family = permutation::max_t(MPI_COMM_WORLD, clusters, {});
  EXPECT_EQ(found.n_perm, family.n_relabelings);
  EXPECT_DOUBLE_EQ(together.p_clusters, family.p(std::ranges::min(family.single_step)));
  EXPECT_GE(together.p_omnibus, std::min(together.p_clusters, found.p));
  EXPECT_LE(together.p_omnibus, 2 * std::min(together.p_clusters, found.p) + 1e-12);  // Bonferroni can do no better
}

TEST(Omnibus, CountsTheRelabelingsWhoseSmallerPIsAsSmall) {
  const auto nam = drawn_abundance(25, 5, 4);
  const auto outcome = drawn_outcome(5, 78);
  const auto clusters = drawn_clusters(3, outcome, 900);
  const auto found = associate(MPI_COMM_WORLD, nam, outcome, {}, {.min_cells_per_lot = 1});
  ASSERT_EQ(found.n_perm, 120);
  std::vector<double> largest;
  std::vector<std::int32_t> lot(5), y(5);
  for (std::int64_t b = 0; b < 120; ++b) {
    found.relabelings->relabel(b, lot);
    for (int l = 0; l < 5; ++l) y[l] = clusters.outcome[lot[l]];
    double most = 0;
    for (std::int64_t t = 0; t < 3; ++t) most = std::max(most, std::abs(stats::spearman_rho(clusters.x(t), y)));
    largest.push_back(most);
  }
  std::vector<double> smaller;
  for (std::int64_t b = 0; b < 120; ++b) {
    double of_clusters = 0, of_neighborhoods = 0;
    for (std::int64_t c = 0; c < 120; ++c) {
      of_clusters += largest[c] >= largest[b] - 1e-9;
      of_neighborhoods += found.global_null[c] <= found.global_null[b] * (1 + 1e-9);
    }
    smaller.push_back(std::min(of_clusters, of_neighborhoods) / 120);
  }
  const auto as_small = std::ranges::count_if(smaller, [&](double p) { return p <= smaller[0] + 1e-9; });
  EXPECT_DOUBLE_EQ(omnibus(MPI_COMM_WORLD, found, clusters, 0).p_omnibus, static_cast<double>(as_small) / 120);
}

TEST(Omnibus, WithoutClustersIsTheGlobalTest) {
  const auto outcome = drawn_outcome(6, 1);
  const auto found = associate(MPI_COMM_WORLD, drawn_abundance(25, 6, 1), outcome, {}, few);
  const auto together = omnibus(MPI_COMM_WORLD, found, drawn_clusters(0, outcome, 1), 0);
  EXPECT_EQ(together.p_omnibus, found.p);
  EXPECT_TRUE(std::isnan(together.p_clusters));
}

TEST(Omnibus, RefusesOtherLotsAndStrata) {
  const auto outcome = drawn_outcome(6, 1);
  const auto found = associate(MPI_COMM_WORLD, drawn_abundance(25, 6, 1), outcome, {}, few);
  EXPECT_THROW(omnibus(MPI_COMM_WORLD, found, drawn_clusters(2, drawn_outcome(5, 1), 1), 0), std::logic_error);
  auto clusters = drawn_clusters(2, outcome, 1);
  clusters.stratum = {0, 0, 0, 1, 1, 1};
  EXPECT_THROW(omnibus(MPI_COMM_WORLD, found, clusters, 0), std::logic_error);
  const auto untested = associate(MPI_COMM_WORLD, drawn_abundance(25, 6, 1), std::vector<double>(6, 1.0), {}, few);
  EXPECT_TRUE(std::isnan(omnibus(MPI_COMM_WORLD, untested, clusters, 0).p_omnibus));
}

}  // namespace
