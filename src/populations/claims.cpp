#include "miura/populations/claims.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <tuple>

#include "miura/matrix/table_columns.hpp"
#include "miura/stats/median.hpp"

namespace miura::populations {
namespace {

constexpr double not_computed = std::numeric_limits<double>::quiet_NaN();

/// What one outcome says of one population, over all of its clusters.
struct Finding {
  std::vector<double> rho;  ///< of the clusters that have one, ascending
  double p_best = not_computed, p_family_best = not_computed;
  std::int64_t n_declared = 0;
  bool declared_up = false, declared_down = false;

  void add(const Evidence& e) {
    if (!std::isnan(e.rho)) rho.insert(std::ranges::upper_bound(rho, e.rho), e.rho);
    p_best = std::fmin(p_best, e.p);  // of a number and NaN, fmin gives the number
    p_family_best = std::fmin(p_family_best, e.p_family);
    if (!e.declared) return;
    ++n_declared;
    (e.rho < 0 ? declared_down : declared_up) = true;
  }
  double lowest() const { return rho.empty() ? not_computed : rho.front(); }
  double highest() const { return rho.empty() ? not_computed : rho.back(); }
  double median() const { return stats::median(rho); }
};

std::vector<Finding> findings_of(const Merged& merged, const OutcomeEvidence& outcome) {
  if (outcome.of_cluster.size() != merged.population.size())
    throw std::logic_error("the evidence is not of the clusters of the grid");
  std::vector<Finding> findings(merged.n());
  for (std::size_t c = 0; c < outcome.of_cluster.size(); ++c) findings[merged.population[c]].add(outcome.of_cluster[c]);
  return findings;
}

/// Populations in order of what an outcome says of them.
std::vector<std::int32_t> by_evidence(const std::vector<Finding>& findings) {
  const auto last_if_missing = [](double p) { return std::isnan(p) ? 2.0 : p; };
  const auto key = [&](std::int32_t p) {
    const auto& f = findings[p];
    const auto largest = f.rho.empty() ? 0.0 : std::max(-f.lowest(), f.highest());
    return std::tuple(last_if_missing(f.p_family_best), last_if_missing(f.p_best), -largest, p);
  };
  std::vector<std::int32_t> order(findings.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, key);
  return order;
}

std::string claim(const Populations& all, const Population& population, const Finding& finding, double stable) {
  if (std::isnan(finding.p_family_best)) return "not tested";
  if (finding.n_declared == 0) return "not declared";
  if (all.labelings.size() == 1) return "declared, single partition";
  return population.stability >= stable ? "declared" : "declared, unstable";
}

std::string remarks(const Populations& all, const Population& population, const Finding& finding, double stable) {
  std::string text;
  const auto remark = [&](bool holds, std::string_view word) {
    if (holds) text += (text.empty() ? "" : ";") + std::string(word);
  };
  remark(all.labelings.size() > 1 && !(population.stability >= stable), "UNSTABLE");
  remark(population.n_core_cells == 0, "NO_CORE");
  remark(finding.n_declared > 0 && 2 * finding.n_declared < population.n_clusters, "FEW_DECLARED");
  remark(finding.declared_up && finding.declared_down, "BOTH_SIGNS");
  return text;
}

/// A row of tables/populations.tsv: a population and an outcome.
struct Row {
  std::int32_t number;
  const Population& population;
  const std::string& outcome;
  const Finding& finding;
};

matrix::Table populations_table(std::span<const Row> rows, const Populations& all, const std::vector<std::string>& name,
                                double stable) {
  matrix::TableColumns<Row> columns("populations", rows);
  columns.add("population", [&](const Row& row) { return name[row.number]; });
  columns.add("outcome", [](const Row& row) { return row.outcome; });
  columns.add("claim", [&](const Row& row) { return claim(all, row.population, row.finding, stable); });
  columns.add("n_clusters", [](const Row& row) { return row.population.n_clusters; });
  columns.add("n_partitions", [&](const Row&) { return std::ssize(all.labelings); });
  columns.add("n_declared", [](const Row& row) { return row.finding.n_declared; });
  columns.add("n_core_cells", [](const Row& row) { return row.population.n_core_cells; });
  columns.add("mean_fraction", [](const Row& row) { return row.population.mean_fraction; });
  columns.add("rho_min", [](const Row& row) { return row.finding.lowest(); });
  columns.add("rho_max", [](const Row& row) { return row.finding.highest(); });
  columns.add("rho_median", [](const Row& row) { return row.finding.median(); });
  columns.add("p_best", [](const Row& row) { return row.finding.p_best; });
  columns.add("p_maxT_best", [](const Row& row) { return row.finding.p_family_best; });
  columns.add("stability", [](const Row& row) { return row.population.stability; });
  columns.add("seed_stability", [](const Row& row) { return row.population.seed_stability; });
  columns.add("primary_cluster", [&](const Row& row) {
    const auto cluster = row.population.primary.cluster;
    return cluster < 0 ? std::string() : all.labelings[all.primary].name_of(cluster);
  });
  columns.add("primary_jaccard", [](const Row& row) { return row.population.primary.jaccard; });
  columns.add("within",
              [&](const Row& row) { return row.population.within < 0 ? std::string() : name[row.population.within]; });
  columns.add("flags", [&](const Row& row) { return remarks(all, row.population, row.finding, stable); });
  return columns.take();
}

}  // namespace

Claims weigh(const Populations& populations, std::span<const OutcomeEvidence> outcomes, const ClaimOptions& options) {
  std::vector<std::vector<Finding>> findings;
  for (const auto& outcome : outcomes) findings.push_back(findings_of(populations.merged, outcome));
  if (outcomes.empty()) findings.emplace_back(populations.merged.n());

  Claims claims;
  claims.name.resize(populations.merged.n());
  const auto order = by_evidence(findings.front());
  for (std::size_t i = 0; i < order.size(); ++i) claims.name[order[i]] = "P" + std::to_string(i + 1);
  const std::string no_outcome;
  std::vector<Row> rows;
  for (std::size_t o = 0; o < findings.size(); ++o)
    for (const auto p : order)
      rows.push_back(
          {p, populations.population[p], outcomes.empty() ? no_outcome : outcomes[o].outcome, findings[o][p]});
  claims.table = populations_table(rows, populations, claims.name, options.stable);
  return claims;
}

}  // namespace miura::populations
