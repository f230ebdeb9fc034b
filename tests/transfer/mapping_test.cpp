#include "miura/transfer/mapping.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "miura/base/error.hpp"
#include "transfer/golden.hpp"

namespace {

using namespace miura;
using namespace miura::transfer_test;

/// Rows of all ranks, on every rank.
transfer::Mapping gathered(const transfer::Mapping& mine) {
  transfer::Mapping all;
  const auto comm = MPI_COMM_WORLD;
  all.n_labels = mine.n_labels;
  all.label_score = parallel::gather_everywhere<double>(comm, mine.label_score);
  all.label = parallel::gather_everywhere<std::int32_t>(comm, mine.label);
  all.second_label = parallel::gather_everywhere<std::int32_t>(comm, mine.second_label);
  all.mapping_score = parallel::gather_everywhere<double>(comm, mine.mapping_score);
  all.margin = parallel::gather_everywhere<double>(comm, mine.margin);
  all.knn_dist = parallel::gather_everywhere<double>(comm, mine.knn_dist);
  all.n_anchors_used = parallel::gather_everywhere<std::int32_t>(comm, mine.n_anchors_used);
  std::vector<std::uint8_t> status;
  for (const auto s : mine.status) status.push_back(static_cast<std::uint8_t>(s));
  for (const auto s : parallel::gather_everywhere<std::uint8_t>(comm, status))
    all.status.push_back(static_cast<transfer::Status>(s));
  return all;
}

/// Also that bits agree: none of these numbers is NaN unless it is in both.
void expect_same(const transfer::Mapping& a, const transfer::Mapping& b) {
  const auto bits = [](const std::vector<double>& x) {
    std::vector<std::uint64_t> all;
    for (const double value : x) all.push_back(std::isnan(value) ? 1 : std::bit_cast<std::uint64_t>(value));
    return all;
  };
  EXPECT_EQ(bits(a.label_score), bits(b.label_score));
  EXPECT_EQ(a.label, b.label);
  EXPECT_EQ(a.second_label, b.second_label);
  EXPECT_EQ(bits(a.mapping_score), bits(b.mapping_score));
  EXPECT_EQ(bits(a.margin), bits(b.margin));
  EXPECT_EQ(bits(a.knn_dist), bits(b.knn_dist));
  EXPECT_EQ(a.n_anchors_used, b.n_anchors_used);
  EXPECT_EQ(a.status, b.status);
}

transfer::Mapping golden_mapping(Cut reference_cut, Cut query_cut, const transfer::MapOptions& options) {
  const auto reference = transfer::prepare(MPI_COMM_WORLD, golden_reference(MPI_COMM_WORLD, reference_cut), options);
  return gathered(transfer::map_lot(MPI_COMM_WORLD, reference, golden_query(MPI_COMM_WORLD, query_cut), options));
}

TEST(GoldenMapping, HasTheScoresOfSeuratWithExactNeighbors) {
  const auto mapping = golden_mapping(Cut::even, Cut::even, {});
  const auto& expected = sheet("scores.csv.gz");
  ASSERT_EQ(mapping.n_cells(), n_query);
  for (std::int64_t i = 0; i < n_query; ++i)
    for (std::size_t column = 0; column < 4; ++column) {
      const auto label = expected.header[column][1] - '0';
      EXPECT_NEAR(mapping.label_score[i * 4 + label], *input::parse_number(expected.row[i][column]), 1e-6) << i;
    }
}

TEST(GoldenMapping, IsCloseToSeuratAsItIsByDefault) {
  const auto mapping = golden_mapping(Cut::even, Cut::even, {});
  const auto& expected = sheet("seurat_default.csv.gz");
  double difference = 0;
  for (std::int64_t i = 0; i < n_query; ++i) {
    EXPECT_EQ(mapping.label[i], expected.row[i][0][1] - '0') << i;
    EXPECT_NEAR(mapping.mapping_score[i], *input::parse_number(expected.row[i].back()), 0.08) << i;
    for (std::size_t column = 1; column < 5; ++column)
      difference += std::abs(mapping.label_score[i * 4 + (expected.header[column].back() - '0')] -
                             *input::parse_number(expected.row[i][column]));
  }
  EXPECT_LT(difference / (4 * n_query), 0.005);
}

TEST(GoldenMapping, KnowsTheTypesAndDoubtsWhatTheReferenceLacks) {
  const auto truth = types(sheet("query_cells.csv.gz"));
  for (const auto mode : {transfer::Mode::anchor, transfer::Mode::compressed}) {
    const auto mapping = golden_mapping(Cut::even, Cut::even, {.mode = mode});
    std::int64_t known = 0, right = 0;
    double known_distance = 0, novel_distance = 0, known_score = 0, novel_score = 0;
    for (std::int64_t i = 0; i < n_query; ++i) {
      (truth[i] == 4 ? novel_distance : known_distance) += mapping.knn_dist[i];
      (truth[i] == 4 ? novel_score : known_score) += mapping.mapping_score[i];
      known += truth[i] < 4;
      right += truth[i] == mapping.label[i];
    }
    EXPECT_GT(static_cast<double>(right) / static_cast<double>(known), 0.99);
    const auto novel = static_cast<double>(n_query - known);
    EXPECT_GT(novel_distance / novel, 1.2 * known_distance / static_cast<double>(known));
    EXPECT_LT(novel_score / novel, known_score / static_cast<double>(known) - 0.2);
  }
}

class Layouts : public testing::TestWithParam<transfer::Mode> {};
INSTANTIATE_TEST_SUITE_P(Modes, Layouts, testing::Values(transfer::Mode::anchor, transfer::Mode::compressed));

TEST_P(Layouts, GiveTheSameBits) {
  const transfer::MapOptions options{.mode = GetParam()};
  const auto reference = transfer::prepare(MPI_COMM_SELF, golden_reference(MPI_COMM_SELF, Cut::even), options);
  const auto alone = transfer::map_lot(MPI_COMM_SELF, reference, golden_query(MPI_COMM_SELF, Cut::even), options);
  expect_same(golden_mapping(Cut::even, Cut::first_rank_empty, options), alone);
  expect_same(golden_mapping(Cut::all_on_last, Cut::even, options), alone);
  expect_same(golden_mapping(Cut::first_rank_empty, Cut::all_on_last, options), alone);
}

transfer::Query part_of_query(std::int64_t from, std::int64_t to, Cut how) {
  const auto& scores = golden_scores("query_scores.csv.gz");
  const auto& genes = golden_expression("query_cells.csv.gz");
  const auto n = to - from;
  return {.scores = knn::test::mine(MPI_COMM_WORLD, {scores.begin() + from * 30, scores.begin() + to * 30}, n, 30, how),
          .expression =
              knn::test::mine(MPI_COMM_WORLD, {genes.begin() + from * 160, genes.begin() + to * 160}, n, 160, how)};
}

TEST_P(Layouts, OfALotDoNotDependOnLotsMappedBefore) {
  const transfer::MapOptions options{.mode = GetParam()};
  const auto reference = transfer::prepare(MPI_COMM_WORLD, golden_reference(MPI_COMM_WORLD, Cut::even), options);
  const auto map = [&](std::int64_t from, std::int64_t to) {
    return transfer::map_lot(MPI_COMM_WORLD, reference, part_of_query(from, to, Cut::even), options);
  };
  const auto first = map(0, 120);
  map(120, 300);
  expect_same(map(0, 120), first);
}

TEST_P(Layouts, MapLotsOfFewOrNoCells) {
  const transfer::MapOptions options{.mode = GetParam()};
  const auto truth = types(sheet("query_cells.csv.gz"));
  const auto reference = transfer::prepare(MPI_COMM_WORLD, golden_reference(MPI_COMM_WORLD, Cut::even), options);
  for (const std::int64_t n : {0, 1, 2, 3, 40}) {
    const auto mapping =
        gathered(transfer::map_lot(MPI_COMM_WORLD, reference, part_of_query(0, n, Cut::first_rank_empty), options));
    ASSERT_EQ(mapping.n_cells(), n);
    for (std::int64_t i = 0; i < n; ++i)
      if (mapping.status[i] == transfer::Status::ok && truth[i] < 4) {
        EXPECT_EQ(mapping.label[i], truth[i]) << n << ' ' << i;
      }
    if (n == 1) {
      EXPECT_EQ(mapping.assigned(0), truth[0]);
    }
  }
}

TEST_P(Layouts, MapCellsOfLengthZero) {
  const transfer::MapOptions options{.mode = GetParam()};
  const auto reference = transfer::prepare(MPI_COMM_WORLD, golden_reference(MPI_COMM_WORLD, Cut::even), options);
  const transfer::Query zeros{knn::test::mine(MPI_COMM_WORLD, std::vector<float>(4 * 30), 4, 30, Cut::all_on_last), {}};
  const auto mapping = gathered(transfer::map_lot(MPI_COMM_WORLD, reference, zeros, options));
  EXPECT_EQ(mapping.knn_dist, std::vector<double>(4, 1.0));
  for (std::int64_t i = 0; i < 4; ++i) EXPECT_GE(mapping.label[i], 0);
}

/// Two reference cells of either label far apart, in the plane.
transfer::Reference two_labels() {
  transfer::Reference reference;
  reference.scores = knn::test::mine(MPI_COMM_WORLD, {5, 0, 5, 0.5F, 0, 5, 0.5F, 5}, 4, 2, Cut::even);
  const auto from = reference.scores.points.begin(parallel::rank_of(MPI_COMM_WORLD));
  for (std::int64_t i = 0; i < reference.scores.n_local(); ++i)
    reference.label.push_back(from + i < 2 ? 1 : 0);  // label 1 comes first
  reference.n_labels = 2;
  return reference;
}

TEST(Mapping, SplitsTheWeightsByHand) {
  // k_anchor = 1: anchors are (0, query 0) and (2, query 1), both with score 1. Query 2 lies between, at distances
  // 2 and 4 from them: d = 1/2 and 0, so label 1 has all the weight. Query 0 is at 0 from its own: d = 1, and 0.
  const transfer::MapOptions options{.k_dist = 1, .anchor = {.k_anchor = 1, .k_score = 1}};
  const auto reference = transfer::prepare(MPI_COMM_WORLD, two_labels(), options);
  const transfer::Query query{knn::test::mine(MPI_COMM_WORLD, {6, 0, 0, 6, 4.5F, 1}, 3, 2, Cut::even), {}};
  const auto mapping = gathered(transfer::map_lot(MPI_COMM_WORLD, reference, query, options));
  EXPECT_EQ(mapping.label, (std::vector<std::int32_t>{1, 0, 1}));
  EXPECT_EQ(mapping.mapping_score, (std::vector<double>{1, 1, 1}));
  EXPECT_EQ(mapping.second_label, (std::vector<std::int32_t>{-1, -1, -1}));
  EXPECT_EQ(mapping.margin, (std::vector<double>{1, 1, 1}));
  EXPECT_EQ(mapping.n_anchors_used[0], 2);
}

TEST(Mapping, GivesEqualScoresToTheLabelThatComesFirst) {
  const transfer::MapOptions options{.mode = transfer::Mode::compressed, .k_dist = 4};
  const auto reference = transfer::prepare(MPI_COMM_WORLD, two_labels(), options);
  EXPECT_EQ(reference.first_cell, (std::vector<std::int64_t>{2, 0}));
  const transfer::Query query{knn::test::mine(MPI_COMM_WORLD, {1, 1}, 1, 2, Cut::even), {}};
  const auto mapping = gathered(transfer::map_lot(MPI_COMM_WORLD, reference, query, options));
  EXPECT_EQ(mapping.label, std::vector<std::int32_t>{1});
  EXPECT_EQ(mapping.second_label, std::vector<std::int32_t>{0});
  EXPECT_EQ(mapping.mapping_score, std::vector<double>{0.5});
  EXPECT_EQ(mapping.margin, std::vector<double>{0});
}

TEST(Mapping, LeavesALotWithoutAnchorsUnassigned) {
  // By scores cells pair up (0, 0), (1, 1), by expression crosswise.
  transfer::Reference reference;
  reference.scores = knn::test::mine(MPI_COMM_WORLD, {1, 0, 0, 1}, 2, 2, Cut::even);
  reference.expression = knn::test::mine(MPI_COMM_WORLD, {0, 1, 1, 0}, 2, 2, Cut::even);
  reference.label.assign(reference.scores.n_local(), 0);
  reference.n_labels = 1;
  const transfer::MapOptions options{.anchor = {.k_anchor = 1, .k_filter = 1}};
  const auto prepared = transfer::prepare(MPI_COMM_WORLD, reference, options);
  const auto same = knn::test::mine(MPI_COMM_WORLD, {1, 0, 0, 1}, 2, 2, Cut::all_on_last);
  const auto mapping = gathered(transfer::map_lot(MPI_COMM_WORLD, prepared, {same, same}, options));
  EXPECT_EQ(mapping.status, std::vector<transfer::Status>(2, transfer::Status::no_anchors));
  EXPECT_EQ(mapping.label, std::vector<std::int32_t>(2, -1));
  EXPECT_EQ(mapping.assigned(0), -1);
  EXPECT_EQ(transfer::word_for(mapping.status[0]), "NO_ANCHORS");
}

TEST(Mapping, UsesTheFirstComponentsAlone) {
  auto reference = golden_reference(MPI_COMM_WORLD, Cut::even);
  auto query = golden_query(MPI_COMM_WORLD, Cut::even);
  const transfer::MapOptions options{.dims = 7};
  const auto map = [&] {
    return transfer::map_lot(MPI_COMM_WORLD, transfer::prepare(MPI_COMM_WORLD, reference, options), query, options);
  };
  const auto before = map();
  for (auto* scores : {&reference.scores, &query.scores})
    for (std::int64_t i = 0; i < scores->n_local(); ++i) scores->value[i * 30 + 7] += static_cast<float>(i % 3);
  expect_same(map(), before);
}

TEST(Mapping, RefusesOptionsAndLabelsOutOfRange) {
  const auto reference = golden_reference(MPI_COMM_WORLD, Cut::even);
  const auto prepared_with = [&](const transfer::MapOptions& o) { transfer::prepare(MPI_COMM_WORLD, reference, o); };
  EXPECT_THROW(prepared_with({.dims = 0}), UsageError);
  EXPECT_THROW(prepared_with({.anchor = {.k_weight = 0}}), UsageError);
  EXPECT_THROW(prepared_with({.anchor = {.sd_weight = 0}}), UsageError);
  EXPECT_THROW(prepared_with({.centroids = {.sigma = -1}}), UsageError);
  auto odd = reference;
  if (parallel::rank_of(MPI_COMM_WORLD) == parallel::size_of(MPI_COMM_WORLD) - 1) odd.label.back() = 4;
  EXPECT_ANY_THROW(transfer::prepare(MPI_COMM_WORLD, odd, {}));
}

}  // namespace
