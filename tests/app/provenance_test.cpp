#include "app/provenance.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <ctime>
#include <thread>

#include "miura/parallel/communicator.hpp"

namespace {

using namespace miura;

/// What the calling thread alone has used, by the system's own clock of it.
double seconds_of_this_thread() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Keeps a thread other than the one that calls busy.
double spend_elsewhere(double cpu_seconds) {
  double sum = 0;
  std::thread([&] {
    while (seconds_of_this_thread() < cpu_seconds)
      for (int i = 1; i < 10'000; ++i) sum += std::sqrt(i);
  }).join();
  return sum;
}

TEST(CpuSeconds, AreThoseOfAllThreadsOfAllRanks) {
  const auto before = app::cpu_seconds_so_far();
  const double wall = MPI_Wtime();
  ASSERT_GT(spend_elsewhere(0.2), 0);
  const auto found = app::cpu_seconds_since(MPI_COMM_WORLD, before);
  const int ranks = parallel::size_of(MPI_COMM_WORLD);
  EXPECT_GE(found, 0.2 * ranks);
  EXPECT_LE(found, 2.0 * ranks * (MPI_Wtime() - wall) + 0.1 * ranks);
}

}  // namespace
