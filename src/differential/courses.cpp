#include "miura/differential/courses.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>

#include "differential/course_units.hpp"
#include "differential/design.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/permutation/labelings.hpp"
#include "miura/stats/multiplicity.hpp"

namespace miura::differential {

namespace {

/// The differences of one feature over time under a labeling of its units, and what is made of them.
struct Contrast {
  double average = 0.0;      ///< mean of the differences
  double interaction = 0.0;  ///< sum of squares about it
};

/// The values of one feature by unit and time, NaN where a unit has none.
struct CourseValues {
  std::int64_t n_times = 0;
  std::vector<double> value;  ///< units x times

  bool is_constant() const {
    double least = std::numeric_limits<double>::infinity(), most = -least;
    for (const double x : value) {
      if (std::isnan(x)) continue;
      least = std::min(least, x);
      most = std::max(most, x);
    }
    return !(least < most);
  }
  /// Both groups have values at each time, under any labeling.
  Contrast contrast(std::span<const std::int32_t> label, std::vector<double>& difference) const {
    difference.assign(n_times, 0.0);
    for (std::int64_t t = 0; t < n_times; ++t) {
      double sum[2] = {0.0, 0.0}, n[2] = {0.0, 0.0};
      for (std::size_t u = 0; u < label.size(); ++u) {
        const double x = value[static_cast<std::int64_t>(u) * n_times + t];
        if (std::isnan(x)) continue;
        sum[label[u]] += x;
        n[label[u]] += 1.0;
      }
      difference[t] = sum[1] / n[1] - sum[0] / n[0];
    }
    Contrast found;
    for (const double d : difference) found.average += d;
    found.average /= static_cast<double>(n_times);
    for (const double d : difference) found.interaction += (d - found.average) * (d - found.average);
    return found;
  }
};

CourseValues values_of(std::span<const double> row, const std::vector<Unit>& units, std::int64_t n_times) {
  CourseValues values{.n_times = n_times, .value = {}};
  for (const auto& unit : units)
    for (const auto s : unit.sample) values.value.push_back(s < 0 ? not_computed : row[s]);
  return values;
}

/// How often relabeled units are as extreme as the observed ones.
struct CourseCounts {
  std::int64_t average = 0, interaction = 0;
};

bool as_extreme(double value, double observed, double scale) { return value >= observed - 1e-12 * scale; }

double extreme_of(double average, permutation::Side side) {
  return side == permutation::Side::two_sided ? std::abs(average)
         : side == permutation::Side::greater ? average
                                              : -average;
}

CourseCounts count_relabelings(MPI_Comm comm, const CourseValues& values, const CourseValues& aligned,
                               const permutation::Labelings& labelings, permutation::Side side) {
  std::vector<double> room;
  const auto observed = values.contrast(labelings.observed(), room);
  const auto observed_aligned = aligned.contrast(labelings.observed(), room);
  double scale = 0.0;  // of the data: what differs by less is equal
  for (const double x : values.value)
    if (!std::isnan(x)) scale = std::max(scale, std::abs(x));
  std::int64_t average = 0, interaction = 0;
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
#pragma omp parallel firstprivate(room) reduction(+ : average, interaction)
  {
#pragma omp for schedule(static)
    for (std::int64_t b = rank; b < labelings.size(); b += ranks) {
      const auto label = labelings(b);
      const auto of_average = values.contrast(label, room);
      average += as_extreme(extreme_of(of_average.average, side), extreme_of(observed.average, side), scale) ? 1 : 0;
      const auto of_interaction = aligned.contrast(label, room);
      interaction += as_extreme(of_interaction.interaction, observed_aligned.interaction, scale * scale) ? 1 : 0;
    }
  }
  return {parallel::sum_over_ranks(comm, average), parallel::sum_over_ranks(comm, interaction)};
}

/// Samples of each group at each time, for the smaller number of them over times.
struct Sizes {
  std::int32_t n0 = 0, n1 = 0;
  bool all_times = true;  ///< both groups have a sample at each time
};

Sizes sizes_of(const std::vector<Unit>& units, const CourseValues& values) {
  Sizes sizes;
  for (const auto& unit : units) ++(unit.group == 1 ? sizes.n1 : sizes.n0);
  for (std::int64_t t = 0; t < values.n_times; ++t) {
    std::int32_t n[2] = {0, 0};
    for (std::size_t u = 0; u < units.size(); ++u)
      if (!std::isnan(values.value[static_cast<std::int64_t>(u) * values.n_times + t])) ++n[units[u].group];
    sizes.all_times = sizes.all_times && n[0] > 0 && n[1] > 0;
  }
  return sizes;
}

/// Takes the average difference off group 1, where samples are their own units.
CourseValues aligned_values(CourseValues values, const std::vector<Unit>& units, double average) {
  for (std::size_t u = 0; u < units.size(); ++u)
    if (units[u].group == 1)
      for (std::int64_t t = 0; t < values.n_times; ++t)
        values.value[static_cast<std::int64_t>(u) * values.n_times + t] -= average;
  return values;
}

/// The rows `average` and `interaction` of one feature.
std::vector<CourseRow> rows_over_times(MPI_Comm comm, std::span<const double> row, std::int64_t feature,
                                       const CourseUnits& all, const CourseDesign& design, const Options& options) {
  CourseRow average, interaction;
  average.feature = interaction.feature = feature;
  average.time = "average";
  interaction.time = "interaction";
  const auto units = complete_units(row, all);
  const auto values = values_of(row, units, std::ssize(design.times));
  const auto sizes = sizes_of(units, values);
  for (auto* of : {&average, &interaction}) {
    of->n0 = sizes.n0;
    of->n1 = sizes.n1;
    if (!sizes.all_times || values.n_times < 2) of->status = Status::not_tested;
  }
  if (average.status != Status::ok) return {average, interaction};

  std::vector<std::int32_t> group, stratum;
  for (const auto& unit : units) {
    group.push_back(unit.group);
    stratum.push_back(unit.stratum);
  }
  const permutation::Labelings labelings(group, stratum, options.relabelings);
  std::vector<double> room;
  const auto observed = values.contrast(group, room);
  const auto counts =
      count_relabelings(comm, values, all.are_courses ? values : aligned_values(values, units, observed.average),
                        labelings, options.relabelings.side);
  const auto n = static_cast<double>(labelings.size());
  average.difference = average.statistic = observed.average;
  average.p = static_cast<double>(counts.average) / n;
  interaction.statistic = std::sqrt(observed.interaction / static_cast<double>(values.n_times - 1));
  interaction.p = static_cast<double>(counts.interaction) / n;
  if (!all.are_courses) interaction.status = Status::approximate;
  average.p_min_attainable = labelings.smallest_p(options.relabelings.side);
  interaction.p_min_attainable = labelings.smallest_p(permutation::Side::two_sided);
  for (auto* of : {&average, &interaction}) {
    of->n_relabelings = labelings.size();
    of->exact = labelings.exact();
    if (of->p_min_attainable > options.hits.alpha) of->status = Status::low_n;
    if (values.is_constant()) of->status = Status::constant_feature;
  }
  return {average, interaction};
}

/// The samples of one time; of pairs, those with both.
Design at_time(const CourseDesign& design, std::int32_t time) {
  auto samples = design.samples;
  for (std::size_t s = 0; s < samples.group.size(); ++s)
    if (design.time[s] != time) samples.group[s] = -1;
  if (samples.pair.empty()) return samples;
  std::map<std::int32_t, int> members;
  for (std::size_t s = 0; s < samples.group.size(); ++s)
    if (samples.group[s] >= 0) ++members[samples.pair[s]];
  for (std::size_t s = 0; s < samples.group.size(); ++s)
    if (samples.group[s] >= 0 && members[samples.pair[s]] < 2) samples.group[s] = -1;
  return samples;
}

std::vector<CourseRow> rows_at_time(MPI_Comm comm, const matrix::Measurements& table, const CourseDesign& design,
                                    std::int32_t time, const Options& options) {
  std::vector<CourseRow> rows(table.n_features());
  const auto samples = at_time(design, time);
  const bool both = std::ranges::count(samples.group, 0) > 0 && std::ranges::count(samples.group, 1) > 0;
  Result found;
  if (both) found = compare_groups(comm, table, samples, options);
  for (std::int64_t f = 0; f < table.n_features(); ++f) {
    if (both)
      static_cast<ProbeRow&>(rows[f]) = found.rows[f];
    else
      rows[f].status = Status::not_tested;
    rows[f].feature = f;
    rows[f].time = design.times[time];
    rows[f].n_relabelings = found.n_relabelings;
    rows[f].exact = found.exact;
  }
  return rows;
}

/// q over the features of one kind of row, and its hits.
void adjust(std::vector<CourseRow*> rows, const HitRule& rule) {
  std::vector<double> p;
  for (const auto* row : rows)
    p.push_back(row->status == Status::ok || row->status == Status::approximate ? row->p : not_computed);
  const auto q = stats::benjamini_hochberg(p);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& row = *rows[i];
    row.q_bh = q[i];
    const double decisive = rule.by == HitRule::By::q ? row.q_bh : row.p;
    if (!std::isnan(p[i]) && decisive <= rule.alpha && std::abs(row.difference) >= rule.min_difference)
      row.direction = row.difference > 0.0 ? std::int8_t{1} : std::int8_t{-1};
  }
}

}  // namespace

std::vector<CourseRow> compare_courses(MPI_Comm comm, const matrix::Measurements& table, const CourseDesign& design,
                                       const Options& options) {
  if (std::ssize(design.time) != table.n_samples() ||
      (!design.unit.empty() && std::ssize(design.unit) != table.n_samples()))
    throw std::logic_error("a design over time does not have an entry for every sample");
  check(design.samples, table.n_samples());
  const auto units = course_units(design);
  const auto n_times = static_cast<std::int32_t>(design.times.size());
  std::vector<std::vector<CourseRow>> at(n_times);
  for (std::int32_t t = 0; t < n_times; ++t) at[t] = rows_at_time(comm, table, design, t, options);
  std::vector<CourseRow> rows;
  for (std::int64_t f = 0; f < table.n_features(); ++f) {
    for (std::int32_t t = 0; t < n_times; ++t) rows.push_back(std::move(at[t][f]));
    for (auto& row : rows_over_times(comm, table.of(f), f, units, design, options)) rows.push_back(std::move(row));
  }
  for (const std::int64_t kind : {0, 1}) {
    std::vector<CourseRow*> over_times;
    for (std::int64_t f = 0; f < table.n_features(); ++f)
      over_times.push_back(&rows[f * (n_times + 2) + n_times + kind]);
    adjust(over_times, options.hits);
  }
  return rows;
}

}  // namespace miura::differential
