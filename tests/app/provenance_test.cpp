#include "app/provenance.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>

#include "miura/parallel/communicator.hpp"

namespace {

using namespace miura;

/// Keeps two threads of this rank busy until its processor time has grown by so much.
void spend(double cpu_seconds) {
  const auto until = app::cpu_seconds_so_far() + cpu_seconds;
  double sum = 0;
#pragma omp parallel num_threads(2) reduction(+ : sum)
  while (app::cpu_seconds_so_far() < until)
    for (int i = 1; i < 10'000; ++i) sum += std::sqrt(i);
  ASSERT_GT(sum, 0);
}

TEST(CpuSeconds, AreThoseOfAllThreadsOfAllRanks) {
  const auto before = app::cpu_seconds_so_far();
  const double wall = MPI_Wtime();
  spend(0.2);
  const auto found = app::cpu_seconds_since(MPI_COMM_WORLD, before);
  const int ranks = parallel::size_of(MPI_COMM_WORLD);
  EXPECT_GE(found, 0.2 * ranks);
  EXPECT_LE(found, 2.0 * ranks * (MPI_Wtime() - wall) + 0.1 * ranks);
}

}  // namespace
