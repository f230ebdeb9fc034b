// Core-seconds of the null distribution of hit counts: `hit_counts_bench [lots probes outcomes permutations]`. Up to 12
// lots all relabelings are taken. Counts of either sign for every outcome, and one sign-constrained intersection.
#include <mpi.h>

#include <cmath>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "miura/permutation/hit_counts.hpp"
#include "miura/permutation/relabelings.hpp"
#include "miura/stats/random.hpp"
#include "miura/stats/ranks.hpp"

namespace {

using namespace miura;

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

void append_ranks(std::vector<std::int32_t>& rows, std::int32_t n, std::uint64_t index) {
  stats::RandomStream random(1, stats::Purpose::simulate, index);
  std::vector<double> values(n);
  for (auto& v : values) v = random.uniform();
  const auto ranks = stats::doubled_mid_ranks(values);
  rows.insert(rows.end(), ranks.begin(), ranks.end());
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  const auto argument = [&](int i, int otherwise) { return argc > i ? std::stoi(argv[i]) : otherwise; };
  const std::int32_t n = argument(1, 10), n_probes = argument(2, 20'000), n_outcomes = argument(3, 3);
  permutation::Options options;
  options.permutations = argument(4, 99'999);
  permutation::RankTests tests;
  tests.n_lots = n;
  for (std::int32_t f = 0; f < n_probes; ++f) append_ranks(tests.feature, n, f);
  for (std::int32_t m = 0; m < n_outcomes; ++m) append_ranks(tests.outcome, n, 1'000'000 + m);
  tests.pair_all();
  const double norm = static_cast<double>(n) * (static_cast<double>(n) * n - 1) / 3;
  const std::vector<std::int32_t> bar(tests.size(), static_cast<std::int32_t>(std::ceil(1.96 / std::sqrt(n) * norm)));
  std::vector<permutation::HitRule> rules(2 * n_outcomes);
  permutation::HitRule intersection;
  for (std::int32_t t = 0; t < tests.size(); ++t) {
    const auto m = tests.pair[t].outcome;
    rules[2 * m].add_unit_of({t});
    rules[2 * m + 1].add_unit_of({t, true});
    const permutation::SignedTest term{t, m > 0};
    intersection.add_term({&term, 1});
    if (m + 1 == n_outcomes) intersection.end_unit();
  }
  rules.push_back(intersection);
  const double started = cpu_seconds();
  const auto found = permutation::count_hits(MPI_COMM_WORLD, tests, bar, rules, options);
  const double spent = cpu_seconds() - started;
  const auto work = static_cast<double>(tests.size()) * static_cast<double>(found.n_relabelings);
  std::printf("%d lots, %d probes x %d outcomes, %lld %s relabelings: %.2f core-seconds, %.2f G tests x relabelings/s",
              n, n_probes, n_outcomes, static_cast<long long>(found.n_relabelings), found.exact ? "(all)" : "drawn",
              spent, work / spent * 1e-9);
  if (!found.exact) std::printf(", %.1f G products/s", work * n / spent * 1e-9);
  std::printf("\n");
  MPI_Finalize();
}
