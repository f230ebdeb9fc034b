// How often hits of bulk tables are false, by simulation: the joint relabeling of lines beside separate ones for each
// outcome, and the rules for test lines. `mining_rates [replicates probes]`; prints the tables of
// docs/methods/mining.md.
#include <fmt/format.h>
#include <mpi.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "mining/joint_tests.hpp"
#include "miura/mining/replication.hpp"
#include "miura/permutation/hit_counts.hpp"
#include "miura/stats/normal_stream.hpp"

namespace {

using namespace miura;
using mining::LineSet;

constexpr int n_planted = 40, n_modules = 40;

/// Lines with three outcomes, |rho| about .7 among themselves (ecto against the other two), and probes in modules of
/// shared variation; the first 40 probes follow a switch that all outcomes follow too (`effect`: latent correlation).
LineSet draw_lines(std::uint64_t seed, std::uint64_t stream, int n, int n_probes, double effect) {
  stats::NormalStream noise(seed, stats::Purpose::simulate, stream);
  LineSet lines;
  std::vector<double> common(n), state(n), module(n * n_modules);
  for (auto* values : {&common, &module})
    for (auto& v : *values) v = noise();
  for (int l = 0; l < n; ++l) lines.line.push_back(fmt::format("L{}_{:02d}", stream, l));
  const double shared = std::sqrt(0.74);  // latent correlation .74 gives Spearman's .7
  for (const auto& [name, sign] : {std::pair{"ecto", 1.0}, {"meso", -1.0}, {"endo", -1.0}}) {
    mining::Outcome outcome{.name = name, .value = {}};
    for (int l = 0; l < n; ++l)
      outcome.value.push_back(sign * (shared * common[l] + std::sqrt(1 - shared * shared) * noise()));
    lines.outcomes.push_back(std::move(outcome));
  }
  for (int l = 0; l < n; ++l)  // what all three outcomes have in common, as well as it can be known
    state[l] = (lines.outcomes[0].value[l] - lines.outcomes[1].value[l] - lines.outcomes[2].value[l]) /
               std::sqrt(3 + 6 * 0.74);
  mining::Panel panel{.name = "array", .platform = "array", .method = "", .probes = {}, .gene = {}};
  panel.probes.sample = lines.line;
  for (int p = 0; p < n_probes; ++p) {
    panel.probes.feature.push_back(fmt::format("p{}", p));
    panel.gene.push_back(panel.probes.feature.back());
    const bool planted = p < n_planted && effect > 0;
    for (int l = 0; l < n; ++l) {
      const double own = std::sqrt(0.5) * module[p % n_modules * n + l] + std::sqrt(0.5) * noise();
      panel.probes.value.push_back(planted ? effect * state[l] + std::sqrt(1 - effect * effect) * noise() : own);
    }
  }
  lines.panels.push_back(std::move(panel));
  return lines;
}

const std::vector<mining::Intersection> opposite{{.name = "opposite", .terms = {{0, 0}, {0, 1, true}, {0, 2, true}}}};

/// p of the observed number of an intersection where every outcome is relabeled by itself: lots are lines once more for
/// each outcome, in strata.
double p_of_separate_relabelings(const LineSet& lines, const mining::Options& options) {
  const auto n = lines.n_lines();
  std::vector<std::int32_t> all(n);
  for (std::int32_t l = 0; l < n; ++l) all[l] = l;
  mining::JointTests joint(lines, all);
  for (std::int32_t o = 0; o < 3; ++o) joint.add({0, o});
  joint.settle(MPI_COMM_SELF, options);
  permutation::RankTests apart;
  apart.n_lots = 3 * n;
  for (std::int32_t l = 0; l < 3 * n; ++l) apart.stratum.push_back(l / n);
  apart.outcome.assign(3 * 3 * n, 0);
  for (std::int32_t o = 0; o < 3; ++o)
    for (std::int32_t l = 0; l < n; ++l) apart.outcome[(o * 3 + o) * n + l] = joint.tests().outcome[o * n + l];
  permutation::HitRule rule;
  for (std::int64_t p = 0; p < lines.panels[0].probes.n_features(); ++p) {
    for (std::int32_t o = 0; o < 3; ++o) {
      const auto x = joint.tests().x(joint.test_of({0, o}, p));
      apart.feature.resize(apart.feature.size() + o * n);
      apart.feature.insert(apart.feature.end(), x.begin(), x.end());
      apart.feature.resize(apart.feature.size() + (2 - o) * n);
      const auto test = static_cast<std::int32_t>(apart.size());
      apart.pair.push_back({test, o});
      const permutation::SignedTest wanted{test, o > 0};
      rule.add_term({&wanted, 1});
    }
    rule.end_unit();
  }
  std::vector<std::int32_t> bar;
  for (std::int64_t p = 0; p < rule.n_units(); ++p)
    for (std::int32_t o = 0; o < 3; ++o) bar.push_back(joint.bar()[joint.test_of({0, o}, p)]);
  auto drawn = options.relabelings;
  drawn.exact_up_to = 2;
  return permutation::count_hits(MPI_COMM_SELF, apart, bar, {&rule, 1}, drawn).of_rule[0].p();
}

void print_counts(int replicates, int n_probes, const mining::Options& options) {
  double hits = 0, hits_square = 0, members = 0, independent = 0;
  int joint = 0, separate = 0, binomial = 0;
  for (int r = 0; r < replicates; ++r) {
    const auto lines = draw_lines(100 + r, 1, 10, n_probes, 0.0);
    const auto found = mining::screen(MPI_COMM_SELF, lines, opposite, options);
    const auto n_hits = static_cast<double>(found.counts[0].observed + found.counts[1].observed);
    const auto& count = found.counts.back();
    hits += n_hits / replicates;
    hits_square += n_hits * n_hits / replicates;
    members += static_cast<double>(count.observed) / replicates;
    independent += count.independent_mean / replicates;
    joint += count.p <= 0.05 ? 1 : 0;
    separate += p_of_separate_relabelings(lines, options) <= 0.05 ? 1 : 0;
    binomial += static_cast<double>(count.observed) > count.independent_mean + 1.645 * count.independent_sd ? 1 : 0;
  }
  fmt::print("No association, 10 lines, {} probes, {} replicates\n", n_probes, replicates);
  fmt::print("hits of one outcome: mean {:.0f}, sd {:.0f} (binomial {:.1f})\n", hits,
             std::sqrt(hits_square - hits * hits), std::sqrt(n_probes * 0.049 * 0.951));
  fmt::print("three-outcome intersection: mean {:.1f}, {:.2f} if outcomes were independent\n", members, independent);
  fmt::print("type I at .05 of its count: joint relabeling {:.2f}, separate relabeling {:.2f}, binomial {:.2f}\n\n",
             static_cast<double>(joint) / replicates, static_cast<double>(separate) / replicates,
             static_cast<double>(binomial) / replicates);
}

/// What a rule declares over replicates.
struct Tally {
  const char* rule;
  double declared = 0, falsely = 0, fdr = 0, power = 0;

  void add(int n_true, int n_false, int replicates) {
    declared += static_cast<double>(n_true + n_false) / replicates;
    falsely += static_cast<double>(n_false) / replicates;
    fdr += n_true + n_false == 0 ? 0.0 : static_cast<double>(n_false) / (n_true + n_false) / replicates;
    power += static_cast<double>(n_true) / n_planted / replicates;
  }
};

void print_rules(int replicates, int n_probes, double effect, const mining::Options& options) {
  std::vector<Tally> tallies{
      {"train P < .05, one outcome"},        {"train intersection of three"},
      {"train and test P < .05, same sign"}, {"train P < .05, then BH of test p"},
      {"train and test intersection"},       {"train intersection, then BH of the largest test p"}};
  for (int r = 0; r < replicates; ++r) {
    const auto training = draw_lines(500 + r, 1, 10, n_probes, effect),
               test = draw_lines(500 + r, 2, 13, n_probes, effect);
    const auto found = mining::screen(MPI_COMM_SELF, training, opposite, options);
    const auto replicated = mining::replicate(MPI_COMM_SELF, training, found, opposite, test, options, {});
    std::vector<std::array<int, 2>> counts(tallies.size());
    for (const auto& row : replicated.rows) {
      if (!row.is_intersection && row.rule != "ecto") continue;
      const int is_false = effect > 0 && std::stoi(row.unit.substr(1)) < n_planted ? 0 : 1;
      const int first = row.is_intersection ? 1 : 0;
      ++counts[first][is_false];
      if (row.naive) ++counts[row.is_intersection ? 4 : 2][is_false];
      if (row.replicated) ++counts[row.is_intersection ? 5 : 3][is_false];
    }
    for (std::size_t t = 0; t < tallies.size(); ++t) tallies[t].add(counts[t][0], counts[t][1], replicates);
  }
  fmt::print("latent effect {}: FDR, power, mean false\n", effect);
  for (const auto& t : tallies) fmt::print("  {:<50} {:.3f} {:.3f} {:8.2f}\n", t.rule, t.fdr, t.power, t.falsely);
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  const int replicates = argc > 1 ? std::stoi(argv[1]) : 100, n_probes = argc > 2 ? std::stoi(argv[2]) : 4'000;
  mining::Options options;
  options.relabelings.permutations = 999;
  options.affordable = 1;
  print_counts(replicates, n_probes, options);
  for (const double effect : {0.95, 0.85, 0.70, 0.0}) print_rules(replicates, n_probes, effect, options);
  MPI_Finalize();
}
