#include "miura/differential/courses.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "miura/base/error.hpp"
#include "miura/permutation/two_sample.hpp"
#include "miura/stats/normal_stream.hpp"

namespace {

using namespace miura;
using differential::CourseDesign, differential::CourseRow, differential::Options, differential::Status;

constexpr std::int32_t n_times = 3;

/// Units of a group, each with n_times samples; samples by unit and time.
CourseDesign courses(std::int32_t n_units, std::int32_t n_ones, bool paired, bool with_units) {
  CourseDesign design{.samples = {}, .time = {}, .times = {"0", "2", "10"}};
  for (std::int32_t u = 0; u < n_units; ++u)
    for (std::int32_t t = 0; t < n_times; ++t) {
      design.samples.group.push_back(u < n_ones ? 1 : 0);
      if (paired) design.samples.pair.push_back(u % n_ones);
      if (with_units) design.unit.push_back(u);
      design.time.push_back(t);
    }
  return design;
}

/// Features x samples of a design of `courses`; `effect(feature, time)` is added to group 1.
template <class Effect>
matrix::Measurements drawn(std::int64_t n_features, const CourseDesign& design, Effect effect) {
  matrix::Measurements table;
  for (std::size_t s = 0; s < design.time.size(); ++s) table.sample.push_back("s" + std::to_string(s));
  for (std::int64_t f = 0; f < n_features; ++f) {
    table.feature.push_back("f" + std::to_string(f));
    stats::NormalStream normal(5, stats::Purpose::simulate, static_cast<std::uint64_t>(f));
    double of_unit = 0.0;
    for (std::size_t s = 0; s < design.time.size(); ++s) {
      if (design.time[s] == 0) of_unit = normal();
      table.value.push_back(of_unit + normal() + (design.samples.group[s] == 1 ? effect(f, design.time[s]) : 0.0));
    }
  }
  return table;
}

double none(std::int64_t, std::int32_t) { return 0.0; }

TEST(Courses, OfUnitsHaveTheExactPOfTheirMeans) {
  const auto design = courses(8, 4, false, true);
  const auto table = drawn(6, design, none);
  const auto rows = compare_courses(MPI_COMM_WORLD, table, design, {.test = differential::Test::t});
  ASSERT_EQ(rows.size(), 6U * 5);
  std::vector<double> mean;
  for (std::int64_t f = 0; f < 6; ++f)
    for (std::int32_t u = 0; u < 8; ++u) {
      const auto of_unit = table.of(f).subspan(u * n_times, n_times);
      mean.push_back(std::accumulate(of_unit.begin(), of_unit.end(), 0.0) / n_times);
    }
  // t of the units' means orders labelings as their difference does
  const auto engine = permutation::two_sample_max_t(
      MPI_COMM_WORLD, mean, std::vector<std::int32_t>{1, 1, 1, 1, 0, 0, 0, 0}, permutation::TwoSample::t, {});
  for (std::int64_t f = 0; f < 6; ++f) {
    const auto& average = rows[f * 5 + 3];
    EXPECT_EQ(average.time, "average");
    EXPECT_EQ(average.n_relabelings, 70);
    EXPECT_EQ(average.p, engine.p(engine.raw[f]));
    EXPECT_NEAR(average.difference,
                (rows[f * 5].difference + rows[f * 5 + 1].difference + rows[f * 5 + 2].difference) / 3, 1e-12);
    EXPECT_EQ(rows[f * 5 + 2].time, "10");
  }
}

TEST(Interaction, DoesNotSeeWhatIsTheSameAtAllTimes) {
  const auto design = courses(8, 4, false, true);
  const auto without = compare_courses(MPI_COMM_WORLD, drawn(6, design, none), design, {});
  const auto with = compare_courses(MPI_COMM_WORLD, drawn(6, design, [](auto, auto) { return 100.0; }), design, {});
  for (std::size_t f = 0; f < 6; ++f) {
    EXPECT_EQ(with[f * 5 + 4].time, "interaction");
    EXPECT_EQ(with[f * 5 + 4].p, without[f * 5 + 4].p);
    EXPECT_NEAR(with[f * 5 + 4].statistic, without[f * 5 + 4].statistic, 1e-10);
    EXPECT_EQ(with[f * 5 + 3].p, 2.0 / 70);  // while the average does
    EXPECT_EQ(with[f * 5 + 4].status, Status::ok);
  }
}

TEST(Interaction, SeesADifferenceThatGrows) {
  const auto design = courses(8, 4, false, true);
  const auto rows = compare_courses(MPI_COMM_WORLD,
                                    drawn(3, design, [](auto, std::int32_t t) { return 20.0 * (t - 1); }), design, {});
  for (std::size_t f = 0; f < 3; ++f) {
    EXPECT_EQ(rows[f * 5 + 4].p, 2.0 / 70);
    EXPECT_NEAR(rows[f * 5 + 4].statistic, 20.0, 3.0);
  }
}

TEST(Pairs, ChangeSidesThroughAllTimes) {
  const auto design = courses(12, 6, true, false);
  const auto rows = compare_courses(MPI_COMM_WORLD, drawn(2, design, [](auto, auto) { return 50.0; }), design, {});
  EXPECT_EQ(rows[3].n_relabelings, 64);
  EXPECT_EQ(rows[3].p, 2.0 / 64);
  EXPECT_EQ(rows[3].direction, 1);
  EXPECT_EQ(rows[0].n0, 6);
}

TEST(SamplesWithoutUnits, ChangeGroupsWithinTheirTime) {
  const auto design = courses(6, 3, false, false);
  const auto rows = compare_courses(MPI_COMM_WORLD, drawn(2, design, [](auto, auto) { return 50.0; }), design, {});
  EXPECT_EQ(rows[3].n_relabelings, 20 * 20 * 20);
  EXPECT_EQ(rows[3].p, 2.0 / 8000);
  const auto without = compare_courses(MPI_COMM_WORLD, drawn(2, design, none), design, {});
  EXPECT_EQ(rows[4].status, Status::approximate);
  EXPECT_EQ(rows[4].p, without[4].p);  // what is the same at all times is taken off before
}

TEST(Courses, UnderTheNullAreExtremeAsOftenAsTheyMayBe) {
  const auto design = courses(8, 4, false, true);
  const auto rows = compare_courses(MPI_COMM_WORLD, drawn(600, design, none), design, {});
  for (const std::size_t kind : {3U, 4U}) {
    int small = 0;
    for (std::size_t f = 0; f < 600; ++f) small += rows[f * 5 + kind].p <= 0.1 ? 1 : 0;
    EXPECT_LE(small, 60 + 3 * 8) << kind;  // 600 x .1, and three standard errors
    EXPECT_GE(small, 60 - 3 * 8 - 9) << kind;
  }
}

TEST(Courses, WithoutAValueAtATimeLoseTheUnit) {
  const auto design = courses(8, 4, false, true);
  auto table = drawn(1, design, none);
  table.value[1] = std::nan("");
  const auto rows = compare_courses(MPI_COMM_WORLD, table, design, {});
  EXPECT_EQ(rows[0].n1, 4);
  EXPECT_EQ(rows[1].n1, 3);
  EXPECT_EQ(rows[3].n1, 3);
  EXPECT_EQ(rows[3].n_relabelings, 35);
}

TEST(Courses, AreTheSameOnAnyNumberOfRanks) {
  const auto design = courses(6, 3, false, false);
  const auto table = drawn(4, design, none);
  const auto alone = compare_courses(MPI_COMM_SELF, table, design, {});
  const auto shared = compare_courses(MPI_COMM_WORLD, table, design, {});
  for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_EQ(alone[i].p, shared[i].p);
}

TEST(Courses, OfUnitsThatMakeNoSenseAreRefused) {
  auto design = courses(8, 4, false, true);
  const auto table = drawn(1, design, none);
  design.time[1] = 0;
  EXPECT_THROW(compare_courses(MPI_COMM_WORLD, table, design, {}), UsageError);
  design = courses(8, 4, false, true);
  design.samples.group[1] = 0;
  EXPECT_THROW(compare_courses(MPI_COMM_WORLD, table, design, {}), UsageError);
}

TEST(OneTime, HasNoInteraction) {
  auto design = courses(8, 4, false, true);
  for (std::size_t s = 0; s < design.time.size(); ++s)
    if (design.time[s] > 0) design.samples.group[s] = -1;
  design.times = {"0"};
  const auto table = drawn(1, design, none);
  const auto rows = compare_courses(MPI_COMM_WORLD, table, design, {});
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1].status, Status::not_tested);
  EXPECT_EQ(rows[2].status, Status::not_tested);
}

}  // namespace
