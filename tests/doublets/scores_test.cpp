#include "miura/doublets/scores.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

#include "doublets/pairs.hpp"
#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace {

using namespace miura;
using parallel::Partition;

constexpr std::int32_t n_genes = 60;

int my_rank() { return parallel::rank_of(MPI_COMM_WORLD); }
int n_ranks() { return parallel::size_of(MPI_COMM_WORLD); }
Partition even(std::int64_t n) { return Partition::even(n, n_ranks()); }
Partition all_on_the_last(std::int64_t n) {
  return Partition::from_local(MPI_COMM_WORLD, my_rank() == n_ranks() - 1 ? n : 0);
}

/// Cells of three kinds, each with 20 genes of its own; every tenth cell of a lot is two kinds in one.
struct Planted {
  std::vector<std::int64_t> lot_size;
  std::uint64_t seed = 1;

  std::int64_t size() const { return std::accumulate(lot_size.begin(), lot_size.end(), std::int64_t{0}); }
  static bool is_doublet(std::int64_t in_lot) { return in_lot % 10 == 9; }

  matrix::DistributedCells part(const Partition& cells, int rank) const {
    matrix::DistributedCells mine{cells, {}};
    std::int64_t i = 0;
    for (std::size_t l = 0; l < lot_size.size(); ++l)
      for (std::int64_t c = 0; c < lot_size[l]; ++c, ++i) {
        if (i < cells.begin(rank) || i >= cells.end(rank)) continue;
        stats::RandomStream random(seed + l, stats::Purpose::simulate, static_cast<std::uint64_t>(c));
        const auto kind = static_cast<std::int32_t>(c % 3);
        for (std::int32_t g = 0; g < n_genes; ++g) {
          const bool own = g / 20 == kind || (is_doublet(c) && g / 20 == (kind + 1) % 3);
          const auto count = random.below(3) + (own ? 10 + random.below(10) : 0);
          if (count > 0) mine.mine.counts.push(g, count);
        }
        mine.mine.counts.end_row();
        mine.mine.lot.push_back(static_cast<std::int32_t>(l));
        mine.mine.barcode.push_back(std::to_string(c));
      }
    return mine;
  }
};

/// Scores of all cells, every lot a run; `run_of` tells otherwise which run a cell of a lot is in.
std::vector<double> scores_of(
    MPI_Comm comm, const Planted& planted, const Partition& cells, const doublets::ScoreOptions& options = {},
    const std::function<int(std::int32_t, std::int64_t)>& run_of = [](std::int32_t lot, std::int64_t) { return lot; }) {
  const auto mine = planted.part(cells, parallel::rank_of(comm));
  std::vector<std::int32_t> selected(n_genes);
  std::iota(selected.begin(), selected.end(), 0);
  const auto x = normalize::log_normalize_on_grid(mine, n_genes, selected, {});
  const auto model = pca::fit(comm, x, std::vector<std::uint8_t>(mine.mine.n_cells(), 1), {.components = 5});
  const auto placed = pca::project(comm, x, model);
  const doublets::Projection projection{n_genes, selected, {}, model};
  std::vector<double> scores(mine.mine.n_cells(), std::numeric_limits<double>::quiet_NaN());
  for (int run = 0; run < std::ssize(planted.lot_size); ++run) {
    std::vector<std::int64_t> members;
    for (std::int64_t i = 0; i < mine.mine.n_cells(); ++i)
      if (run_of(mine.mine.lot[i], i) == run) members.push_back(i);
    const auto name = "lot" + std::to_string(run);
    const auto found = doublets::score(comm, mine, placed, {name, members}, projection, options);
    for (std::size_t m = 0; m < members.size(); ++m) scores[members[m]] = found[m];
  }
  return scores;
}

TEST(DoubletScores, AreHigherForDoublets) {
  const Planted planted{{200, 150}};
  const auto scores =
      parallel::gather_everywhere<double>(MPI_COMM_WORLD, scores_of(MPI_COMM_WORLD, planted, even(350)));
  ASSERT_EQ(std::ssize(scores), 350);
  std::int64_t right = 0, pairs = 0;  // AUC: pairs of a doublet and a single cell in right order
  for (std::int64_t i = 0; i < 350; ++i) {
    EXPECT_GE(scores[i], 0);
    EXPECT_LE(scores[i], 1);
    for (std::int64_t j = 0; j < 350; ++j)
      if (Planted::is_doublet(i < 200 ? i : i - 200) && !Planted::is_doublet(j < 200 ? j : j - 200)) {
        ++pairs;
        right += scores[i] > scores[j] ? 1 : 0;
      }
  }
  EXPECT_GT(static_cast<double>(right), 0.97 * static_cast<double>(pairs));
}

TEST(DoubletScores, AreTheSameForAnyLayout) {
  const Planted planted{{60, 90, 40}};
  const auto alone = scores_of(MPI_COMM_SELF, planted, Partition::even(190, 1));
  for (const auto& cells : {even(190), all_on_the_last(190)})
    EXPECT_EQ(parallel::gather_everywhere<double>(MPI_COMM_WORLD, scores_of(MPI_COMM_WORLD, planted, cells)), alone);
}

TEST(DoubletScores, ChangeWithTheSeed) {
  const Planted planted{{80}};
  const auto cells = Partition::even(80, 1);
  EXPECT_NE(scores_of(MPI_COMM_SELF, planted, cells, {.seed = 1}),
            scores_of(MPI_COMM_SELF, planted, cells, {.seed = 2}));
}

TEST(DoubletScores, OfSmallLotsAreMissing) {
  const Planted planted{{20, 40, 0}};
  const auto scores = parallel::gather_everywhere<double>(MPI_COMM_WORLD, scores_of(MPI_COMM_WORLD, planted, even(60)));
  for (std::int64_t i = 0; i < 60; ++i) EXPECT_EQ(std::isnan(scores[i]), i < 20) << i;
}

TEST(DoubletScores, OfOptionsThatMakeNoSenseAreUsageErrors) {
  const Planted planted{{40}};
  const auto cells = Partition::even(40, 1);
  EXPECT_THROW(scores_of(MPI_COMM_SELF, planted, cells, {.simulated_per_cell = 0}), UsageError);
  EXPECT_THROW(scores_of(MPI_COMM_SELF, planted, cells, {.expected_share = 1}), UsageError);
}

TEST(DoubletScores, AreOfTheRunAloneThatMayLieAnywhereAmongTheCells) {
  const Planted planted{{60, 60}};
  const auto cells = Partition::even(120, 1);
  const auto by_lot = scores_of(MPI_COMM_SELF, planted, cells);
  // both lots' even cells in one run, their odd cells in the other
  const auto mixed = scores_of(MPI_COMM_SELF, planted, cells, {},
                               [](std::int32_t, std::int64_t i) { return static_cast<int>(i % 2); });
  EXPECT_NE(mixed, by_lot);
  // a second lot more or less changes nothing in the first, were the components the same
  const auto without_second =
      scores_of(MPI_COMM_SELF, planted, cells, {}, [](std::int32_t lot, std::int64_t) { return lot == 0 ? 0 : -1; });
  for (std::int64_t i = 0; i < 60; ++i) EXPECT_EQ(without_second[i], by_lot[i]);
  EXPECT_TRUE(std::isnan(without_second[60]));
}

TEST(Pairs, AreOfTwoCellsAndAllTurnUp) {
  std::vector<std::int64_t> drawn(4, 0);
  for (std::int64_t number = 0; number < 200; ++number) {
    const auto [a, b] = doublets::draw_pair(4, 7, number);
    EXPECT_NE(a, b);
    ++drawn.at(a);
    ++drawn.at(b);
  }
  for (const auto times : drawn) EXPECT_GT(times, 50);
}

TEST(Pairs, AreSummedOverRanks) {
  const Planted planted{{30}};
  const auto all = planted.part(Partition::even(30, 1), 0);
  std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
  for (std::int64_t number = my_rank(); number < 40; number += n_ranks())
    pairs.push_back(doublets::draw_pair(30, 3, number));
  const auto sums = doublets::summed_counts(MPI_COMM_WORLD, planted.part(even(30), my_rank()), pairs);
  ASSERT_EQ(sums.n_rows(), std::ssize(pairs));
  for (std::int64_t p = 0; p < std::ssize(pairs); ++p) {
    std::vector<std::int64_t> expected(n_genes, 0), found(n_genes, 0);
    for (const auto cell : {pairs[p].first, pairs[p].second})
      all.mine.counts.for_each(cell, [&](std::int32_t g, std::uint32_t c) { expected[g] += c; });
    sums.for_each(p, [&](std::int32_t g, std::uint32_t c) { found[g] += c; });
    EXPECT_EQ(found, expected);
    std::int32_t last = -1;
    sums.for_each(p, [&](std::int32_t g, std::uint32_t) { EXPECT_LT(std::exchange(last, g), g); });
  }
}

TEST(DoubletScoresOnAllRanks, CanBeStoppedWhileDoubletsAreSimulated) {
  static int pauses;
  pauses = 0;
  const Planted planted{{90, 60}};
  const auto cells = all_on_the_last(planted.size());
  const auto undisturbed = scores_of(MPI_COMM_WORLD, planted, cells);
  doublets::ScoreOptions options{.safe_point = [](MPI_Comm) { ++pauses; }};
  const auto paused = scores_of(MPI_COMM_WORLD, planted, cells, options);
  EXPECT_EQ(pauses, 2);  // a round a run; these searches are one piece
  EXPECT_TRUE(std::ranges::equal(paused, undisturbed));
  options.safe_point = [](MPI_Comm) { throw UsageError("asked to stop"); };
  EXPECT_THROW(scores_of(MPI_COMM_WORLD, planted, cells, options), UsageError);
}

}  // namespace
