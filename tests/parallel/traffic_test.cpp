#include "miura/parallel/traffic.hpp"

#include <gtest/gtest.h>
#include <petscmat.h>

#include "miura/parallel/communicator.hpp"

namespace {

using namespace miura::parallel;

struct Traffics : testing::Test {
  const int rank = rank_of(MPI_COMM_WORLD), ranks = size_of(MPI_COMM_WORLD), others = ranks - 1;
};

/// What `calls` add to the count of this rank.
template <class Calls>
Traffic of(Calls&& calls) {
  const auto before = traffic_so_far();
  calls();
  return traffic_so_far() - before;
}

void expect(const Traffic& found, const Traffic& expected) {
  EXPECT_EQ(found.sent, expected.sent);
  EXPECT_EQ(found.received, expected.received);
  EXPECT_EQ(found.messages, expected.messages);
  EXPECT_EQ(found.collectives, expected.collectives);
}

TEST_F(Traffics, OfAReductionIsItsVectorThereAndBack) {
  std::vector<std::int64_t> values(100);
  expect(of([&] { sum_over_ranks(MPI_COMM_WORLD, values); }),
         others > 0 ? Traffic{.sent = 800, .received = 800, .collectives = 1} : Traffic{});
}

TEST_F(Traffics, OfABroadcastLeavesTheRootOnce) {
  std::vector<float> values(rank == others ? 10 : 0);
  const std::int64_t bytes = 8 + 40;  // the length goes before
  expect(of([&] { broadcast(MPI_COMM_WORLD, values, others); }), others == 0 ? Traffic{}
                                                                 : rank == others
                                                                     ? Traffic{.sent = bytes, .collectives = 2}
                                                                     : Traffic{.received = bytes, .collectives = 2});
}

TEST_F(Traffics, OfAnExchangeIsWhatGoesToOtherRanksAndComesFromThem) {
  std::vector<std::vector<double>> send(ranks, std::vector<double>(rank + 1));
  const std::int64_t lengths = 8 * others;  // one to each, before the doubles
  const std::int64_t from_others = 8 * (ranks * (ranks + 1) / 2 - (rank + 1));
  expect(of([&] { exchange(MPI_COMM_WORLD, send); }), others == 0 ? Traffic{}
                                                                  : Traffic{.sent = lengths + 8 * (rank + 1) * others,
                                                                            .received = lengths + from_others,
                                                                            .messages = others,
                                                                            .collectives = 1});
}

TEST_F(Traffics, OfAPreparedMessageCountsWheneverItIsStarted) {
  std::vector<char> in(7), out(7);
  std::vector<MPI_Request> requests(2);
  MPI_Send_init(out.data(), 7, MPI_CHAR, (rank + 1) % ranks, 0, MPI_COMM_WORLD, &requests[0]);
  MPI_Recv_init(in.data(), 7, MPI_CHAR, (rank + others) % ranks, 0, MPI_COMM_WORLD, &requests[1]);
  expect(of([&] {
           for (int time = 0; time < 3; ++time) {
             MPI_Startall(2, requests.data());
             MPI_Waitall(2, requests.data(), MPI_STATUSES_IGNORE);
           }
         }),
         others > 0 ? Traffic{.sent = 21, .received = 21, .messages = 3} : Traffic{});
  for (auto& request : requests) MPI_Request_free(&request);
}

TEST_F(Traffics, OnACommunicatorOfOneRankIsNone) {
  std::int64_t value = 1;
  expect(of([&] { sum_over_ranks(MPI_COMM_SELF, std::span(&value, 1)); }), {});
}

TEST_F(Traffics, OfALibraryIsCountedToo) {
  ASSERT_EQ(PetscInitializeNoArguments(), 0);
  Vec vector = nullptr;
  PetscScalar product = 0;
  VecCreateMPI(MPI_COMM_WORLD, 5, PETSC_DETERMINE, &vector);
  VecSet(vector, 2);
  const auto found = of([&] { VecDot(vector, vector, &product); });
  VecDestroy(&vector);
  PetscFinalize();
  EXPECT_EQ(product, 20 * ranks);
  EXPECT_GE(found.received, others > 0 ? 8 : 0);
  EXPECT_GE(found.collectives, others > 0 ? 1 : 0);
}

}  // namespace
