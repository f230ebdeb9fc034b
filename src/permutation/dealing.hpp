#pragma once

#include <mpi.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "miura/base/log.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::permutation {

/// Work that is dealt over ranks and threads in rounds of some seconds.
struct Dealing {
  std::string stage;  ///< named in the progress line
  std::int64_t n_items = 0;
  double core_seconds = 0.0;               ///< of all items; the same on every rank
  void (*safe_point)(MPI_Comm) = nullptr;  ///< called between rounds by all ranks
};

/// Calls work(item, state) for every item, on some rank and thread, with a state for each thread that make() gives.
/// Returns the states of this rank's threads. Collective.
template <class Make, class Work>
auto deal(MPI_Comm comm, const Dealing& dealing, Make make, Work work) {
  constexpr double seconds_a_round = 3.0, worth_telling = 10.0;
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  const auto n_rounds = std::clamp<std::int64_t>(std::llround(dealing.core_seconds / ranks / seconds_a_round), 1,
                                                 std::max<std::int64_t>(dealing.n_items / ranks / 8, 1));
  if (dealing.core_seconds >= worth_telling)
    log::info(dealing.stage + ": about " + std::to_string(std::llround(dealing.core_seconds)) +
              " core-seconds to come");
  std::vector<decltype(make())> states;
  for (int thread = 0; thread < omp_get_max_threads(); ++thread) states.push_back(make());
  log::Progress progress(dealing.stage, dealing.n_items / ranks);
  std::atomic<std::int64_t> finished = 0;
  std::int64_t shown = 0;
  for (std::int64_t round = 0; round < n_rounds; ++round) {
    const auto first = dealing.n_items * round / n_rounds, end = dealing.n_items * (round + 1) / n_rounds;
#pragma omp parallel
    {
      const int thread = omp_get_thread_num();
#pragma omp for schedule(dynamic)
      for (std::int64_t item = first + rank; item < end; item += ranks) {
        work(item, states[thread]);
        const auto done = ++finished;
        if (thread == 0) {
          progress.advance(done - shown);
          shown = done;
        }
      }
    }
    if (dealing.safe_point != nullptr && round + 1 < n_rounds) dealing.safe_point(comm);
  }
  return states;
}

}  // namespace miura::permutation
