#include "differential/count_null.hpp"

#include <omp.h>

#include <algorithm>

#include "miura/base/log.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::differential {

namespace {

CountTable empty_table(MPI_Comm comm, std::int64_t n_labelings, const Counting& counting) {
  const auto n_tallies = std::ssize(counting.observed_tally);
  CountTable table{.n_labelings = n_labelings,
                   .n_counts = counting.n_counts,
                   .count = std::vector<std::int64_t>(n_labelings * counting.n_counts),
                   .as_large = std::vector<std::int64_t>(n_tallies)};
  // A tally that nothing touches is 0: it is at least as large as the observed one where that is 0 too.
  for (std::int64_t i = 0; i < n_tallies; ++i)
    if (parallel::rank_of(comm) == 0 && counting.observed_tally[i] == 0) table.as_large[i] = n_labelings;
  return table;
}

/// Tallies of a thread.
struct Tallies {
  explicit Tallies(const Counting& counting)
      : tally(counting.observed_tally.size()), as_large(counting.observed_tally.size()) {}

  void add(const Counting& counting, std::int64_t labeling, const Hits& hits, const Hits& top, CountTable& table) {
    counting.add(hits, top, std::span(table.count).subspan(labeling * table.n_counts, table.n_counts), tally, touched);
    for (const auto i : touched) {
      if (counting.observed_tally[i] > 0 && tally[i] >= counting.observed_tally[i]) ++as_large[i];
      tally[i] = 0;
    }
    touched.clear();
  }
  void add_to(CountTable& table) const {
    for (std::size_t i = 0; i < as_large.size(); ++i) table.as_large[i] += as_large[i];
  }

  std::vector<std::int32_t> tally, touched;
  std::vector<std::int64_t> as_large;
};

CountTable summed(MPI_Comm comm, CountTable table) {
  parallel::sum_over_ranks(comm, table.count);
  parallel::sum_over_ranks(comm, table.as_large);
  return table;
}

}  // namespace

CountTable count_under_relabelings(MPI_Comm comm, const ModeratedFit& fitted, const HitFinder& finder,
                                   const permutation::Labelings& labelings, const Counting& counting) {
  auto table = empty_table(comm, labelings.size(), counting);
  table.has_top = true;
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  log::Progress progress("relabelings", labelings.size() / ranks);
#pragma omp parallel
  {
    ModeratedFit::Fit fit;
    Tallies tallies(counting);
#pragma omp for schedule(dynamic)
    for (std::int64_t b = rank; b < labelings.size(); b += ranks) {
      const auto label = labelings(b);
      fitted.fit(label, fit);
      const auto hits = finder.find(label, fit), top = finder.most_extreme(counting.observed, fit);
      tallies.add(counting, b, hits, top, table);
      if (omp_get_thread_num() == 0) progress.advance(omp_get_num_threads());
    }
#pragma omp critical
    tallies.add_to(table);
  }
  return summed(comm, std::move(table));
}

CountTable count_under_relabelings(MPI_Comm comm, const RelabeledTests& tests, std::int64_t n_labelings,
                                   const Counting& counting) {
  auto table = empty_table(comm, n_labelings, counting);
  log::Progress progress("relabelings", n_labelings);
  Tallies tallies(counting);
  const auto at_once = tests.labelings_at_once();
  for (std::int64_t first = 0; first < n_labelings; first += at_once) {
    const auto end = std::min(first + at_once, n_labelings);
    for (const auto& [labeling, hits] : tests.find(comm, first, end)) tallies.add(counting, labeling, hits, {}, table);
    progress.advance(end - first);
  }
  tallies.add_to(table);
  return summed(comm, std::move(table));
}

}  // namespace miura::differential
