#include "miura/differential/two_groups.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "differential/design.hpp"
#include "differential/hits.hpp"
#include "differential/moderated_fit.hpp"
#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/partition.hpp"
#include "miura/permutation/labelings.hpp"
#include "miura/permutation/two_sample.hpp"
#include "miura/stats/multiplicity.hpp"

namespace miura::differential {

namespace {

void check(const Options& options, bool paired) {
  if (paired && options.test == Test::welch)
    throw UsageError("Welch's test has no pairs; take t, wilcoxon or moderated");
  if (!(options.hits.alpha > 0.0 && options.hits.alpha < 1.0))
    throw UsageError(fmt::format("alpha lies between 0 and 1, not {}", options.hits.alpha));
  if (options.hits.min_difference < 0.0) throw UsageError("the least difference is not below 0");
  permutation::check(options.relabelings);
}

bool is_testable(const ProbeRow& row, const Options& options, bool paired) {
  if (paired) return row.n0 >= 2;
  if (options.test == Test::moderated) return row.n0 >= 1 && row.n1 >= 1 && row.n0 + row.n1 >= 3;
  return row.n0 >= 2 && row.n1 >= 2;
}

/// All rows but for their test.
std::vector<ProbeRow> described(const matrix::Measurements& table, const matrix::Measurements& tested,
                                const Compared& compared, const Options& options) {
  std::vector<ProbeRow> rows(table.n_features());
#pragma omp parallel for schedule(static)
  for (std::int64_t f = 0; f < table.n_features(); ++f) {
    auto& row = rows[f];
    const auto means = group_means(table.of(f), compared, compared.group);
    row.n0 = means.n0;
    row.n1 = means.n1;
    row.mean0 = means.mean0;
    row.mean1 = means.mean1;
    row.difference = means.mean1 - means.mean0;
    if (options.scale == Scale::m_of_beta) {
      const auto of_m = group_means(tested.of(f), compared, compared.group);
      row.difference_m = of_m.mean1 - of_m.mean0;
    }
    if (!is_testable(row, options, compared.paired()))
      row.status = Status::low_n;
    else if (means.constant)
      row.status = Status::constant_feature;
  }
  return rows;
}

void test_moderated(MPI_Comm comm, const ModeratedFit& fitted, const ModeratedFit::Fit& fit, const Options& options,
                    std::vector<ProbeRow>& rows) {
  const auto places = parallel::Partition::even(fitted.n_probes(), parallel::size_of(comm));
  const auto first = places.begin(parallel::rank_of(comm)), end = places.end(parallel::rank_of(comm));
  std::vector<double> mine(end - first);
#pragma omp parallel for schedule(static)
  for (std::int64_t i = first; i < end; ++i)
    mine[i - first] = p_of_t(fit.t[i], fitted.df(i, fit), options.relabelings.side);
  const auto p = parallel::gather_everywhere<double>(comm, mine);
  for (std::int64_t i = 0; i < fitted.n_probes(); ++i) {
    auto& row = rows[fitted.probe(i)];
    if (row.status != Status::ok) continue;
    row.statistic = fit.t[i];
    row.df = fitted.df(i, fit);
    row.p = p[i];
  }
}

permutation::TwoSampleResult compared_by_relabeling(MPI_Comm comm, std::span<const double> values,
                                                    const Compared& known, const Options& options) {
  if (known.paired())
    return paired_max_t(comm, values, known.group, known.pair, paired_of(options.test), options.relabelings);
  return two_sample_max_t(comm, values, known.group, two_sample_of(options.test), options.relabelings);
}

/// Probes that have values of the same samples are relabeled together; those of all samples are the family of p_max_t.
void test_by_relabeling(MPI_Comm comm, const matrix::Measurements& tested, const Compared& compared,
                        const Options& options, Result& result) {
  std::vector<std::uint8_t> testable;
  for (const auto& row : result.rows) testable.push_back(row.status == Status::ok ? 1 : 0);
  for (const auto& [known, probes] : probes_by_samples(tested, compared, testable)) {
    std::vector<double> values;
    values.reserve(probes.size() * known.sample.size());
    append_values(tested, known, probes, values);
    const auto found = compared_by_relabeling(comm, values, known, options);
    const double smallest =
        permutation::Labelings(known.group, known.pair, options.relabelings).smallest_p(options.relabelings.side);
    const bool complete = known.sample.size() == compared.sample.size();
    if (complete) {
      result.n_relabelings = found.n_labelings;
      result.exact = found.exact;
    }
    for (std::int64_t i = 0; i < std::ssize(probes); ++i) {
      auto& row = result.rows[probes[i]];
      row.statistic = found.t[i];
      row.p = found.p(found.raw[i]);
      row.p_min_attainable = smallest;
      if (smallest > options.hits.alpha)
        row.status = Status::low_n;
      else if (complete)
        row.p_max_t = found.p(found.step_down[i]);
    }
  }
}

void adjust_for_multiplicity(Result& result) {
  std::vector<double> p;
  for (const auto& row : result.rows) p.push_back(row.status == Status::ok ? row.p : not_computed);
  result.family_size = std::ranges::count_if(p, [](double value) { return !std::isnan(value); });
  const auto q = stats::benjamini_hochberg(p);
  for (std::size_t f = 0; f < q.size(); ++f) result.rows[f].q_bh = q[f];
}

void mark_hits(const HitRule& rule, std::vector<ProbeRow>& rows) {
  for (auto& row : rows) {
    if (row.status != Status::ok) continue;
    const double p = rule.by == HitRule::By::q ? row.q_bh : row.p;
    if (p <= rule.alpha && std::abs(row.difference) >= rule.min_difference)
      row.direction = row.statistic > 0.0 ? std::int8_t{1} : std::int8_t{-1};
  }
}

}  // namespace

const char* name_of(Status status) {
  switch (status) {
    case Status::ok:
      return "OK";
    case Status::low_n:
      return "LOW_N";
    case Status::constant_feature:
      return "CONSTANT_FEATURE";
    case Status::approximate:
      return "APPROX";
    case Status::not_tested:
      return "NOT_TESTED";
  }
  return "";
}

matrix::Measurements m_values(matrix::Measurements beta) {
  constexpr double least = 0.001;
  for (auto& x : beta.value) {
    if (std::isnan(x)) continue;
    const double held = std::clamp(x, least, 1.0 - least);
    x = std::log2(held / (1.0 - held));
  }
  return beta;
}

Result compare_groups(MPI_Comm comm, const matrix::Measurements& table, const Design& design, const Options& options) {
  check(design, table.n_samples());
  check(options, !design.pair.empty());
  const auto compared = compared_samples(design);
  matrix::Measurements transformed;
  if (options.scale == Scale::m_of_beta) transformed = m_values(table);
  const auto& tested = options.scale == Scale::m_of_beta ? transformed : table;
  Result result;
  result.rows = described(table, tested, compared, options);
  if (options.test != Test::moderated) {
    test_by_relabeling(comm, tested, compared, options, result);
    adjust_for_multiplicity(result);
    mark_hits(options.hits, result.rows);
    return result;
  }
  const ModeratedFit fitted(tested, compared);
  ModeratedFit::Fit fit;
  fitted.fit(compared.group, fit);
  result.prior = fit.prior;
  test_moderated(comm, fitted, fit, options, result.rows);
  adjust_for_multiplicity(result);
  const auto hits = HitFinder(fitted, table, compared, options, result.family_size).find(compared.group, fit);
  for (const auto f : hits.up) result.rows[f].direction = 1;
  for (const auto f : hits.down) result.rows[f].direction = -1;
  return result;
}

}  // namespace miura::differential
