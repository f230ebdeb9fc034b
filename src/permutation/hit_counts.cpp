#include "miura/permutation/hit_counts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/permutation/relabelings.hpp"
#include "miura/stats/ranks.hpp"
#include "permutation/dealing.hpp"
#include "permutation/drawn_relabelings.hpp"
#include "permutation/hit_marks.hpp"
#include "permutation/hit_plan.hpp"
#include "permutation/lot_split.hpp"

namespace miura::permutation {

namespace {

/// What both ways of relabeling need to know.
struct Survey {
  const RankTests& tests;
  std::span<const std::int32_t> bar;
  std::span<const HitRule> rules;
  HitPlan plan;
};

/// Counts of all rules under relabelings in whole tiles: rule x relabeling.
class TileCounts {
public:
  TileCounts(std::size_t n_rules, std::int64_t n_relabelings)
      : n_((n_relabelings + relabelings_per_tile - 1) / relabelings_per_tile * relabelings_per_tile),
        counts_(static_cast<std::int64_t>(n_rules) * n_) {}

  std::span<std::int32_t, relabelings_per_tile> tile(std::size_t rule, std::int64_t first) {
    return std::span<std::int32_t, relabelings_per_tile>(counts_.data() + static_cast<std::int64_t>(rule) * n_ + first,
                                                         static_cast<std::size_t>(relabelings_per_tile));
  }
  std::int32_t operator()(std::size_t rule, std::int64_t relabeling) const {
    return counts_[static_cast<std::int64_t>(rule) * n_ + relabeling];
  }
  void clear() { std::ranges::fill(counts_, 0); }
  void add(const TileCounts& other) { std::ranges::transform(counts_, other.counts_, counts_.begin(), std::plus{}); }

private:
  std::int64_t n_;
  std::vector<std::int32_t> counts_;
};

using Histograms = std::vector<std::vector<std::int64_t>>;

Histograms no_relabelings(std::span<const HitRule> rules) {
  Histograms empty;
  for (const auto& rule : rules) empty.emplace_back(rule.n_units() + 1);
  return empty;
}

/// What a thread needs for the relabelings of one subset of the split.
struct SubsetScratch {
  HalfSums sums;
  std::vector<std::int16_t> bar, first_y, last_y;
  HitMarks marks;
  TileCounts counts;
  Histograms null;
};

/// Outcome values that every arrangement puts on the lots of one half: outcome x lot x arrangement.
std::vector<std::int16_t> arranged(const RankTests& tests, const std::vector<std::int32_t>& member,
                                   const std::vector<std::int32_t>& place) {
  std::vector<std::int16_t> y;
  for (std::int64_t from = 0; from < std::ssize(tests.outcome); from += tests.n_lots)
    for (const auto p : place) y.push_back(static_cast<std::int16_t>(tests.outcome[from + member[p]]));
  return y;
}

/// Sums over the lots of one half, for every arrangement of it.
void sum_half(std::span<const std::int32_t> x, std::span<const std::int32_t> lots, const std::int16_t* y,
              std::int64_t n_orders, std::int16_t* sums) {
  std::fill_n(sums, n_orders, std::int16_t{0});
  for (const auto lot : lots) {
    const auto weight = static_cast<std::int16_t>(x[lot]);
    for (std::int64_t i = 0; i < n_orders; ++i) sums[i] = static_cast<std::int16_t>(sums[i] + weight * y[i]);
    y += n_orders;
  }
}

void sum_halves(const Survey& survey, const LotSplit& split, std::int64_t chunk, SubsetScratch& scratch) {
  auto& sums = scratch.sums;
  const auto chosen = survey.plan.tests_of(chunk);
  const auto per_row = sums.words_per_row * relabelings_per_word;
  const auto lots = std::span(split.lot);
  scratch.bar.clear();
  for (std::int64_t i = 0; i < std::ssize(chosen); ++i) {
    const auto x = survey.tests.x(chosen[i]);
    const std::int64_t outcome = survey.tests.pair[chosen[i]].outcome;
    sum_half(x, lots.first(split.n_first), scratch.first_y.data() + outcome * split.n_first * split.n_first_orders,
             split.n_first_orders, sums.first.data() + i * sums.n_first);
    sum_half(x, lots.subspan(split.n_first), scratch.last_y.data() + outcome * split.n_last * split.n_last_orders,
             split.n_last_orders, sums.last.data() + i * per_row);
    constexpr std::int32_t most = std::numeric_limits<std::int16_t>::max();  // more than any S of so few lots
    scratch.bar.push_back(static_cast<std::int16_t>(std::min(survey.bar[chosen[i]], most)));
  }
}

void count_subset(const Survey& survey, const LotSplit& split, std::int64_t subset, SubsetScratch& scratch) {
  const auto [first, last] = split.members(subset);
  scratch.first_y = arranged(survey.tests, first, split.first_place);
  scratch.last_y = arranged(survey.tests, last, split.last_place);
  scratch.counts.clear();
  const auto n_words = scratch.sums.n_words();
  for (std::int64_t chunk = 0; chunk < survey.plan.n_chunks(); ++chunk) {
    sum_halves(survey, split, chunk, scratch);
    for (std::int64_t word = 0; word < n_words; word += words_per_tile) {
      mark_sums(scratch.sums, scratch.bar, word, scratch.marks);
      for (std::size_t r = 0; r < survey.rules.size(); ++r)
        count_units(survey.rules[r], survey.plan.units[r][chunk], survey.plan.place, scratch.marks,
                    scratch.counts.tile(r, word * relabelings_per_word));
    }
  }
  for (std::size_t r = 0; r < survey.rules.size(); ++r)
    for (std::int64_t i = 0; i < split.n_first_orders; ++i)
      for (std::int64_t j = 0; j < split.n_last_orders; ++j)
        ++scratch.null[r][scratch.counts(r, i * scratch.sums.words_per_row * relabelings_per_word + j)];
}

/// Seconds of a core, by the rates of docs/methods/mining.md.
double forecast_of(const Survey& survey, const Relabelings& relabelings) {
  const auto work = static_cast<double>(std::ssize(survey.plan.test)) * static_cast<double>(relabelings.size());
  return relabelings.exact() ? work / 8e9 : work * survey.tests.n_lots / 45e9;
}

Histograms count_all(MPI_Comm comm, const RankTests& tests, std::span<const std::int32_t> bar,
                     std::span<const HitRule> rules, const Relabelings& relabelings, const Options& options) {
  const LotSplit split(relabelings.strata());
  const auto words_per_row = (split.n_last_orders + relabelings_per_word - 1) / relabelings_per_word;
  const auto bytes_per_test = 2 * (split.n_first_orders + words_per_row * relabelings_per_word) + 2 * sizeof(Marks);
  constexpr std::int64_t cache_bytes = 512 * 1024;
  const Survey survey{tests, bar, rules,
                      HitPlan(tests, rules, std::max<std::int64_t>(cache_bytes / bytes_per_test, 64))};
  const auto most = survey.plan.largest_chunk();
  const auto states = deal(
      comm,
      {.stage = "relabelings",
       .n_items = split.n_subsets(),
       .core_seconds = forecast_of(survey, relabelings),
       .safe_point = options.safe_point},
      [&] {
        SubsetScratch scratch{
            .sums = {split.n_first_orders, words_per_row, std::vector<std::int16_t>(most * split.n_first_orders),
                     std::vector<std::int16_t>(most * words_per_row * relabelings_per_word)},
            .bar = {},
            .first_y = {},
            .last_y = {},
            .marks = {},
            .counts = TileCounts(rules.size(), split.n_first_orders * words_per_row * relabelings_per_word),
            .null = no_relabelings(rules)};
        scratch.marks.resize(most);
        return scratch;
      },
      [&](std::int64_t subset, SubsetScratch& scratch) { count_subset(survey, split, subset, scratch); });
  auto null = no_relabelings(rules);
  for (std::size_t r = 0; r < rules.size(); ++r) {
    for (const auto& state : states) std::ranges::transform(null[r], state.null[r], null[r].begin(), std::plus{});
    parallel::sum_over_ranks(comm, null[r]);
  }
  return null;
}

DrawnTile draw_tile(const RankTests& tests, const Relabelings& relabelings, std::int64_t first) {
  const auto n_outcomes = std::ssize(tests.outcome) / tests.n_lots;
  DrawnTile tile{.n_pairs = (tests.n_lots + 1) / 2, .y = {}};
  tile.y.resize(n_outcomes * tile.n_pairs * relabelings_per_tile * 2);
  std::vector<std::int32_t> lot(tests.n_lots);
  for (std::int64_t b = 0; b < std::min(relabelings_per_tile, relabelings.size() - first); ++b) {
    relabelings.relabel(first + b, lot);
    for (std::int64_t m = 0; m < n_outcomes; ++m)
      for (std::int32_t l = 0; l < tests.n_lots; ++l)
        tile.y[((m * tile.n_pairs + l / 2) * relabelings_per_tile + b) * 2 + l % 2] =
            static_cast<std::int16_t>(tests.outcome[m * tests.n_lots + lot[l]]);
  }
  return tile;
}

/// A chunk of tests as mark_drawn takes them.
struct DrawnChunk {
  std::vector<std::int16_t> x;
  std::vector<std::int32_t> outcome, bar;
};

DrawnChunk drawn_chunk(const Survey& survey, std::int64_t chunk) {
  DrawnChunk laid_out;
  for (const auto t : survey.plan.tests_of(chunk)) {
    for (const auto rank : survey.tests.x(t)) laid_out.x.push_back(static_cast<std::int16_t>(rank));
    if (survey.tests.n_lots % 2 != 0) laid_out.x.push_back(0);
    laid_out.outcome.push_back(survey.tests.pair[t].outcome);
    laid_out.bar.push_back(survey.bar[t]);
  }
  return laid_out;
}

Histograms count_drawn(MPI_Comm comm, const RankTests& tests, std::span<const std::int32_t> bar,
                       std::span<const HitRule> rules, const Relabelings& relabelings, const Options& options) {
  constexpr std::int64_t tests_per_chunk = 1'024;
  const Survey survey{tests, bar, rules, HitPlan(tests, rules, tests_per_chunk)};
  const auto n_tiles = (relabelings.size() + relabelings_per_tile - 1) / relabelings_per_tile;
  const auto n_chunks = survey.plan.n_chunks();
  struct State {
    TileCounts counts;
    HitMarks marks;
    std::int64_t tile = -1;  // that is drawn
    DrawnTile drawn = {};
  };
  const auto states = deal(
      comm,
      {.stage = "relabelings",
       .n_items = n_tiles * n_chunks,
       .core_seconds = forecast_of(survey, relabelings),
       .safe_point = options.safe_point},
      [&] {
        State state{.counts = TileCounts(rules.size(), relabelings.size()), .marks = {}};
        state.marks.resize(survey.plan.largest_chunk());
        return state;
      },
      [&](std::int64_t item, State& state) {
        const auto tile = item / n_chunks, chunk = item % n_chunks;
        if (tile != state.tile) state.drawn = draw_tile(tests, relabelings, tile * relabelings_per_tile);
        state.tile = tile;
        const auto laid_out = drawn_chunk(survey, chunk);
        mark_drawn(state.drawn, laid_out.x, laid_out.outcome, laid_out.bar, state.marks);
        for (std::size_t r = 0; r < rules.size(); ++r)
          count_units(survey.rules[r], survey.plan.units[r][chunk], survey.plan.place, state.marks,
                      state.counts.tile(r, tile * relabelings_per_tile));
      });
  auto null = no_relabelings(rules);
  for (std::size_t r = 0; r < rules.size(); ++r) {
    std::vector<std::int64_t> counts(relabelings.size());
    for (const auto& state : states)
      for (std::int64_t b = 0; b < relabelings.size(); ++b) counts[b] += state.counts(r, b);
    parallel::sum_over_ranks(comm, counts);
    for (const auto k : counts) ++null[r][k];
  }
  return null;
}

void check_rules(const RankTests& tests, std::span<const std::int32_t> bar, std::span<const HitRule> rules) {
  if (tests.n_lots > most_lots_in_pairs)
    throw UsageError("hits are counted for at most " + std::to_string(most_lots_in_pairs) + " samples");
  if (std::ssize(bar) != tests.size()) throw std::logic_error("every test needs a bar");
  if (std::ranges::any_of(bar, [](std::int32_t b) { return b < 1; })) throw std::logic_error("a bar is at least 1");
  for (const auto& rule : rules)
    for (std::int64_t u = 0; u < rule.n_units(); ++u) {
      if (rule.n_terms(u) == 0) throw std::logic_error("a unit needs a term");
      for (std::int64_t t = 0; t < rule.n_terms(u); ++t)
        if (rule.term(u, t).empty()) throw std::logic_error("a term needs a test");
    }
}

}  // namespace

double HitCount::mean() const {
  std::int64_t sum = 0, n = 0;
  for (std::int64_t k = 0; k < std::ssize(null); ++k) sum += k * null[k], n += null[k];
  return static_cast<double>(sum) / static_cast<double>(n);
}

double HitCount::standard_deviation() const {
  const double centre = mean();
  double sum = 0.0;
  std::int64_t n = 0;
  for (std::int64_t k = 0; k < std::ssize(null); ++k) {
    sum += static_cast<double>(null[k]) * (static_cast<double>(k) - centre) * (static_cast<double>(k) - centre);
    n += null[k];
  }
  return std::sqrt(sum / static_cast<double>(n));
}

std::int64_t HitCount::quantile(double share) const {
  std::int64_t n = 0, so_far = 0, k = 0;
  for (const auto count : null) n += count;
  for (; k < std::ssize(null) - 1; ++k) {
    so_far += null[k];
    if (static_cast<double>(so_far) >= share * static_cast<double>(n)) break;
  }
  return k;
}

double HitCount::p() const {
  std::int64_t n = 0, as_many = 0;
  for (std::int64_t k = 0; k < std::ssize(null); ++k) {
    n += null[k];
    if (k >= observed) as_many += null[k];
  }
  return static_cast<double>(as_many) / static_cast<double>(n);
}

std::int64_t observed_hits(const RankTests& tests, std::span<const std::int32_t> bar, const HitRule& rule) {
  const auto is_hit = [&](SignedTest wanted, bool reversed) {
    const auto s = stats::spearman_s(tests.x(wanted.test), tests.y(wanted.test));
    return (wanted.negative != reversed ? -s : s) >= bar[wanted.test];
  };
  const auto counts = [&](std::int64_t unit, bool reversed) {
    for (std::int64_t t = 0; t < rule.n_terms(unit); ++t)
      if (std::ranges::none_of(rule.term(unit, t), [&](auto wanted) { return is_hit(wanted, reversed); })) return false;
    return true;
  };
  std::int64_t n = 0;
  for (std::int64_t u = 0; u < rule.n_units(); ++u)
    if (counts(u, false) || (rule.either_direction() && counts(u, true))) ++n;
  return n;
}

HitCounts count_hits(MPI_Comm comm, const RankTests& tests, std::span<const std::int32_t> bar,
                     std::span<const HitRule> rules, const Options& options) {
  check(tests, options);
  check_rules(tests, bar, rules);
  const Relabelings relabelings(tests.n_lots, tests.stratum, options);
  auto null = relabelings.exact() ? count_all(comm, tests, bar, rules, relabelings, options)
                                  : count_drawn(comm, tests, bar, rules, relabelings, options);
  HitCounts result{.n_relabelings = relabelings.size(), .exact = relabelings.exact(), .of_rule = {}};
  for (std::size_t r = 0; r < rules.size(); ++r)
    result.of_rule.push_back({observed_hits(tests, bar, rules[r]), std::move(null[r])});
  return result;
}

}  // namespace miura::permutation
