#include "differential/count_null.hpp"

#include <omp.h>

#include <algorithm>

#include "miura/base/log.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::differential {

CountTable count_under_relabelings(MPI_Comm comm, const ModeratedFit& fitted, const HitFinder& finder,
                                   const permutation::Labelings& labelings, const Counting& counting) {
  const auto n_tallies = std::ssize(counting.observed_tally);
  CountTable table{.n_labelings = labelings.size(),
                   .n_counts = counting.n_counts,
                   .count = std::vector<std::int64_t>(labelings.size() * counting.n_counts),
                   .as_large = std::vector<std::int64_t>(n_tallies)};
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  // A tally that nothing touches is 0: it is at least as large as the observed one where that is 0 too.
  for (std::int64_t i = 0; i < n_tallies; ++i)
    if (rank == 0 && counting.observed_tally[i] == 0) table.as_large[i] = labelings.size();
  log::Progress progress("relabelings", labelings.size() / ranks);
#pragma omp parallel
  {
    ModeratedFit::Fit fit;
    std::vector<std::int32_t> tally(n_tallies), touched;
    std::vector<std::int64_t> as_large(n_tallies);
#pragma omp for schedule(dynamic)
    for (std::int64_t b = rank; b < labelings.size(); b += ranks) {
      const auto label = labelings(b);
      fitted.fit(label, fit);
      const auto hits = finder.find(label, fit), top = finder.most_extreme(counting.observed, fit);
      counting.add(hits, top, std::span(table.count).subspan(b * counting.n_counts, counting.n_counts), tally, touched);
      for (const auto i : touched) {
        if (counting.observed_tally[i] > 0 && tally[i] >= counting.observed_tally[i]) ++as_large[i];
        tally[i] = 0;
      }
      touched.clear();
      if (omp_get_thread_num() == 0) progress.advance(omp_get_num_threads());
    }
#pragma omp critical
    for (std::int64_t i = 0; i < n_tallies; ++i) table.as_large[i] += as_large[i];
  }
  parallel::sum_over_ranks(comm, table.count);
  parallel::sum_over_ranks(comm, table.as_large);
  return table;
}

}  // namespace miura::differential
