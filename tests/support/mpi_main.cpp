#include <gtest/gtest.h>
#include <mpi.h>

#include <iostream>

namespace {

/// On every rank but the first: silent about what passes, and says which rank failed where.
struct FailuresOnly : testing::EmptyTestEventListener {
  explicit FailuresOnly(int my_rank) : rank(my_rank) {}
  void OnTestPartResult(const testing::TestPartResult& part) override {
    if (part.failed())
      std::cerr << "rank " << rank << ": " << part.file_name() << ':' << part.line_number() << ": " << part.message()
                << '\n';
  }
  int rank;
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  if (rank != 0) {
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new FailuresOnly(rank));  // GoogleTest owns it
  }
  int failed = RUN_ALL_TESTS();
  MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);  // one rank fails: all fail
  MPI_Finalize();
  return failed;
}
