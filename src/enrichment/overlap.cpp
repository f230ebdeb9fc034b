#include "miura/enrichment/overlap.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "miura/base/error.hpp"
#include "miura/matrix/table_columns.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/partition.hpp"
#include "miura/stats/multiplicity.hpp"
#include "miura/stats/random.hpp"

namespace miura::enrichment {

namespace {

/// What a set of intervals covers: stretches that ascend and stand apart.
struct Cover {
  std::vector<std::int64_t> start, end;

  /// From intervals sorted by start.
  void assign(std::span<const Placed> sorted) {
    start.clear();
    end.clear();
    for (const auto& interval : sorted)
      if (!end.empty() && interval.start <= end.back()) {
        end.back() = std::max(end.back(), interval.end);
      } else {
        start.push_back(interval.start);
        end.push_back(interval.end);
      }
  }
  bool touches(const Placed& interval) const {
    const auto first = std::ranges::upper_bound(end, interval.start) - end.begin();
    return first < std::ssize(start) && start[first] < interval.end;
  }
};

std::int64_t bases_in_both(const Cover& a, const Cover& b) {
  std::int64_t bases = 0;
  for (std::size_t i = 0, j = 0; i < a.start.size() && j < b.start.size();) {
    bases += std::max(std::int64_t{0}, std::min(a.end[i], b.end[j]) - std::max(a.start[i], b.start[j]));
    ++(a.end[i] < b.end[j] ? i : j);
  }
  return bases;
}

/// An interval that was put elsewhere on the circle of its chromosome: in two pieces if it passes the end.
struct Moved {
  Placed piece, over;  ///< `over` is empty, start = end, where there is no second piece
};

/// The intervals of the first set and the circles they move on.
class Placer {
public:
  Placer(const Background& background, std::span<const Placed> intervals, const OverlapOptions& options)
      : bounds_(background.bounds()), intervals_(intervals), options_(options) {
    for (const auto& interval : intervals)
      chromosome_.push_back(std::ranges::upper_bound(bounds_, interval.start) - bounds_.begin() - 1);
  }

  /// Permutation b, the same whoever asks.
  void place(std::int64_t b, std::vector<Moved>& moved) const {
    stats::RandomStream random(options_.seed, stats::Purpose::interval_placement, static_cast<std::uint64_t>(b));
    moved.clear();
    if (options_.placement == Placement::shuffle) {
      for (std::size_t i = 0; i < intervals_.size(); ++i) moved.push_back(move(i, distance(random, chromosome_[i])));
      return;
    }
    std::vector<std::int64_t> shift;
    for (std::int64_t c = 0; c + 1 < std::ssize(bounds_); ++c) shift.push_back(distance(random, c));
    for (std::size_t i = 0; i < intervals_.size(); ++i) moved.push_back(move(i, shift[chromosome_[i]]));
  }

private:
  std::int64_t length(std::int64_t chromosome) const { return bounds_[chromosome + 1] - bounds_[chromosome]; }
  std::int64_t distance(stats::RandomStream& random, std::int64_t chromosome) const {
    const auto n = length(chromosome);
    return std::min(n - 1, static_cast<std::int64_t>(random.uniform() * static_cast<double>(n)));
  }
  Moved move(std::size_t i, std::int64_t by) const {
    const auto first = bounds_[chromosome_[i]], last = bounds_[chromosome_[i] + 1], n = last - first;
    const auto [start, end] = intervals_[i];
    const auto from = first + (start - first + by) % n, to = from + end - start;
    return {{from, std::min(to, last)}, {first, std::max(first, to - n)}};
  }

  std::span<const std::int64_t> bounds_;
  std::span<const Placed> intervals_;
  const OverlapOptions& options_;
  std::vector<std::int64_t> chromosome_;
};

/// Scratch of one thread.
struct Counting {
  std::vector<Moved> moved;
  std::vector<Placed> pieces;
  Cover cover;
};

OverlapCounts count_moved(std::span<const Placed> second, const Cover& second_cover, Counting& scratch) {
  OverlapCounts counts;
  scratch.pieces.clear();
  for (const auto& [piece, over] : scratch.moved) {
    const bool in_two = over.start < over.end;
    counts.first += second_cover.touches(piece) || (in_two && second_cover.touches(over)) ? 1 : 0;
    scratch.pieces.push_back(piece);
    if (in_two) scratch.pieces.push_back(over);
  }
  std::ranges::sort(scratch.pieces, {}, &Placed::start);
  scratch.cover.assign(scratch.pieces);
  for (const auto& interval : second) counts.second += scratch.cover.touches(interval) ? 1 : 0;
  counts.bases = bases_in_both(scratch.cover, second_cover);
  return counts;
}

CountTest compare_counts(std::int64_t observed, std::vector<std::int64_t> null) {
  CountTest test{.observed = observed};
  if (null.empty()) return test;
  std::ranges::sort(null);
  std::int64_t sum = 0;
  for (const auto count : null) sum += count;
  const auto n = std::ssize(null);
  const auto p = [n](std::int64_t as_extreme) { return double(1 + as_extreme) / double(1 + n); };
  test.null_mean = static_cast<double>(sum) / static_cast<double>(n);
  test.null_q95 = null[(95 * n + 99) / 100 - 1];
  test.p_more = p(null.end() - std::ranges::lower_bound(null, observed));
  test.p_fewer = p(std::ranges::upper_bound(null, observed) - null.begin());
  return test;
}

}  // namespace

OverlapCounts count_overlaps(std::span<const Placed> first, std::span<const Placed> second) {
  Cover cover;
  cover.assign(second);
  Counting scratch;
  for (const auto& interval : first) scratch.moved.push_back({interval, {}});
  return count_moved(second, cover, scratch);
}

OverlapTest test_overlap(MPI_Comm comm, const Background& background, std::span<const matrix::Interval> first,
                         std::span<const matrix::Interval> second, const OverlapOptions& options) {
  if (options.permutations < 0) throw UsageError("the number of permutations is negative");
  const auto a = background.place(first), b = background.place(second);
  Cover cover;
  cover.assign(b);
  const Placer placer(background, a, options);
  const auto rank = parallel::rank_of(comm);
  const auto share = parallel::Partition::even(options.permutations, parallel::size_of(comm));
  const auto begin = share.begin(rank), n = share.n_local(rank);
  std::vector<std::int64_t> mine(3 * n);
  Counting scratch;
#pragma omp parallel for schedule(static) firstprivate(scratch)
  for (std::int64_t i = 0; i < n; ++i) {
    placer.place(begin + i, scratch.moved);
    const auto counts = count_moved(b, cover, scratch);
    mine[3 * i] = counts.first;
    mine[3 * i + 1] = counts.second;
    mine[3 * i + 2] = counts.bases;
  }
  const auto all = parallel::gather_everywhere<std::int64_t>(comm, mine);
  std::vector<std::int64_t> null_first, null_second, null_bases;
  for (std::int64_t i = 0; i < options.permutations; ++i) {
    null_first.push_back(all[3 * i]);
    null_second.push_back(all[3 * i + 1]);
    null_bases.push_back(all[3 * i + 2]);
  }
  const auto observed = count_overlaps(a, b);
  return {.n_first = std::ssize(a),
          .n_second = std::ssize(b),
          .permutations = options.permutations,
          .first = compare_counts(observed.first, std::move(null_first)),
          .second = compare_counts(observed.second, std::move(null_second)),
          .bases = compare_counts(observed.bases, std::move(null_bases))};
}

matrix::Table overlap_table(std::span<const ComparedSets> compared) {
  struct Row {
    const ComparedSets* sets;
    const char* count;
    CountTest test;
    double fdr;
  };
  std::vector<Row> rows;
  std::vector<double> p;
  for (const auto& sets : compared)
    for (const auto& [name, test] :
         {std::pair{"first", sets.test.first}, {"second", sets.test.second}, {"bases", sets.test.bases}}) {
      rows.push_back({&sets, name, test, 0});
      p.push_back(test.p_more);
    }
  for (std::size_t count = 0; count < 3; ++count) {  // a family are the rows of one count
    std::vector<double> family;
    for (auto i = count; i < p.size(); i += 3) family.push_back(p[i]);
    const auto fdr = stats::benjamini_hochberg(family);
    for (std::size_t i = 0; i < fdr.size(); ++i) rows[3 * i + count].fdr = fdr[i];
  }
  matrix::TableColumns<Row> table("overlap", rows);
  table.add("first", [](const Row& r) { return r.sets->first; });
  table.add("direction_first", [](const Row& r) { return r.sets->first_direction; });
  table.add("second", [](const Row& r) { return r.sets->second; });
  table.add("direction_second", [](const Row& r) { return r.sets->second_direction; });
  table.add("background", [](const Row& r) { return r.sets->background; });
  table.add("n_first", [](const Row& r) { return r.sets->test.n_first; });
  table.add("n_second", [](const Row& r) { return r.sets->test.n_second; });
  table.add("outside_first", [](const Row& r) { return r.sets->n_first - r.sets->test.n_first; });
  table.add("outside_second", [](const Row& r) { return r.sets->n_second - r.sets->test.n_second; });
  table.add("count", [](const Row& r) { return std::string(r.count); });
  table.add("observed", [](const Row& r) { return r.test.observed; });
  table.add("null_mean", [](const Row& r) { return r.test.null_mean; });
  table.add("null_q95", [](const Row& r) { return r.test.null_q95; });
  table.add("fold", [](const Row& r) {
    return r.test.null_mean > 0 ? double(r.test.observed) / r.test.null_mean : std::numeric_limits<double>::quiet_NaN();
  });
  table.add("p_more", [](const Row& r) { return r.test.p_more; });
  table.add("p_fewer", [](const Row& r) { return r.test.p_fewer; });
  table.add("fdr", &Row::fdr);
  table.add("n_perm", [](const Row& r) { return r.sets->test.permutations; });
  return table.take();
}

}  // namespace miura::enrichment
