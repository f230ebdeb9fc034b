#include "miura/parallel/together.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"

namespace {

using namespace miura;

TEST(Together, TellsEveryRankTheSameLineAndExitCode) {
  const int rank = parallel::rank_of(MPI_COMM_WORLD), ranks = parallel::size_of(MPI_COMM_WORLD);
  try {
    parallel::together(MPI_COMM_WORLD, [&] {
      if (rank == ranks - 1) throw InputError({"lots.csv", 7, "vegf", "BM03"}, "'high' is not a number");
    });
    FAIL() << "no rank may go on";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "lots.csv:7: column vegf: 'high' is not a number (lot BM03)");
    EXPECT_EQ(e.code(), ExitCode::bad_input);
  }
}

TEST(Together, LetsTheLowestFailingRankSpeak) {
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  try {
    parallel::together(MPI_COMM_WORLD, [&] { throw UsageError("rank " + std::to_string(rank)); });
    FAIL() << "no rank may go on";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "rank 0");
    EXPECT_EQ(e.code(), ExitCode::usage);
  }
}

TEST(Together, TurnsWhatTheSystemOrADefectThrowsIntoOneLineOnAllRanks) {
  const int rank = parallel::rank_of(MPI_COMM_WORLD), last = parallel::size_of(MPI_COMM_WORLD) - 1;
  try {
    parallel::together(MPI_COMM_WORLD, [&] {
      if (rank == last) (void)std::filesystem::file_size("no such file");
    });
    FAIL() << "no rank may go on";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "no such file: No such file or directory");
    EXPECT_EQ(e.code(), ExitCode::io);
  }
  try {
    parallel::together(MPI_COMM_WORLD, [&] {
      if (rank == last) throw std::logic_error("a row without an owner");
    });
    FAIL() << "no rank may go on";
  } catch (const Error& e) {
    EXPECT_EQ(e.what(), "internal error on rank " + std::to_string(last) + ": a row without an owner");
    EXPECT_EQ(e.code(), ExitCode::internal);
  }
}

TEST(Together, SaysNothingWhenAllIsWell) {
  EXPECT_NO_THROW(parallel::together(MPI_COMM_WORLD, [] {}));
}

}  // namespace
