#include "miura/populations/claims.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <tuple>

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
  double median() const {
    if (rho.empty()) return not_computed;
    const auto upper = rho.size() / 2;
    return rho.size() % 2 == 1 ? rho[upper] : (rho[upper - 1] + rho[upper]) / 2;
  }
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

/// The table, a row at a time.
struct Rows {
  std::vector<std::string> population, outcome, claim, primary_cluster, within, flags;
  std::vector<std::int64_t> n_clusters, n_partitions, n_declared, n_core_cells;
  std::vector<double> mean_fraction, rho_min, rho_max, rho_median, p_best, p_family_best, stability, seed_stability,
      primary_jaccard;

  void add(const Populations& all, std::int32_t number, const std::vector<std::string>& name,
           const std::string& of_outcome, const Finding& f, double stable) {
    const auto& p = all.population[number];
    population.push_back(name[number]);
    outcome.push_back(of_outcome);
    claim.push_back(populations::claim(all, p, f, stable));
    n_clusters.push_back(p.n_clusters);
    n_partitions.push_back(std::ssize(all.labelings));
    n_declared.push_back(f.n_declared);
    n_core_cells.push_back(p.n_core_cells);
    mean_fraction.push_back(p.mean_fraction);
    rho_min.push_back(f.lowest());
    rho_max.push_back(f.highest());
    rho_median.push_back(f.median());
    p_best.push_back(f.p_best);
    p_family_best.push_back(f.p_family_best);
    stability.push_back(p.stability);
    seed_stability.push_back(p.seed_stability);
    primary_cluster.push_back(p.primary.cluster < 0 ? "" : all.labelings[all.primary].name_of(p.primary.cluster));
    primary_jaccard.push_back(p.primary.jaccard);
    within.push_back(p.within < 0 ? "" : name[p.within]);
    flags.push_back(remarks(all, p, f, stable));
  }
  matrix::Table table() && {
    return {"populations",
            {{"population", std::move(population)},
             {"outcome", std::move(outcome)},
             {"claim", std::move(claim)},
             {"n_clusters", std::move(n_clusters)},
             {"n_partitions", std::move(n_partitions)},
             {"n_declared", std::move(n_declared)},
             {"n_core_cells", std::move(n_core_cells)},
             {"mean_fraction", std::move(mean_fraction)},
             {"rho_min", std::move(rho_min)},
             {"rho_max", std::move(rho_max)},
             {"rho_median", std::move(rho_median)},
             {"p_best", std::move(p_best)},
             {"p_maxT_best", std::move(p_family_best)},
             {"stability", std::move(stability)},
             {"seed_stability", std::move(seed_stability)},
             {"primary_cluster", std::move(primary_cluster)},
             {"primary_jaccard", std::move(primary_jaccard)},
             {"within", std::move(within)},
             {"flags", std::move(flags)}}};
  }
};

}  // namespace

Claims weigh(const Populations& populations, std::span<const OutcomeEvidence> outcomes, const ClaimOptions& options) {
  std::vector<std::vector<Finding>> findings;
  for (const auto& outcome : outcomes) findings.push_back(findings_of(populations.merged, outcome));
  if (outcomes.empty()) findings.emplace_back(populations.merged.n());

  Claims claims;
  claims.name.resize(populations.merged.n());
  const auto order = by_evidence(findings.front());
  for (std::size_t i = 0; i < order.size(); ++i) claims.name[order[i]] = "P" + std::to_string(i + 1);
  Rows rows;
  for (std::size_t o = 0; o < findings.size(); ++o)
    for (const auto p : order)
      rows.add(populations, p, claims.name, outcomes.empty() ? "" : outcomes[o].outcome, findings[o][p],
               options.stable);
  claims.table = std::move(rows).table();
  return claims;
}

}  // namespace miura::populations
