#include "miura/enrichment/outcome_scores.hpp"

#include <cmath>
#include <memory>

#include "enrichment/tested_sets.hpp"
#include "miura/stats/ranks.hpp"

namespace miura::enrichment {

namespace {

/// The features as ranks, and which gene each of them belongs to.
struct RankedFeatures {
  std::vector<std::int32_t> rank;  ///< features x samples
  std::vector<double> norm;        ///< sqrt of the sum of the squared ranks; 0: never varies
  std::vector<std::int32_t> gene;  ///< one a feature
  std::vector<std::int32_t> outcome;
  double outcome_norm = 0;

  void score(std::span<const std::int32_t> relabeled_outcome, std::span<double> of_gene) const {
    const auto n = std::ssize(relabeled_outcome);
    std::ranges::fill(of_gene, 0.0);
    for (std::int64_t f = 0; f < std::ssize(gene); ++f) {
      if (norm[f] == 0 || outcome_norm == 0) continue;
      const auto s = stats::spearman_s(std::span(rank).subspan(f * n, n), relabeled_outcome);
      const double rho = static_cast<double>(s) / (norm[f] * outcome_norm);
      if (std::abs(rho) > std::abs(of_gene[gene[f]])) of_gene[gene[f]] = rho;
    }
  }
};

double norm_of(std::span<const std::int32_t> ranks) {
  return std::sqrt(static_cast<double>(stats::spearman_s(ranks, ranks)));
}

}  // namespace

OutcomeScores outcome_scores(const matrix::Measurements& features, std::span<const double> outcome,
                             const permutation::Relabelings& relabelings) {
  const Universe genes(features.feature);
  auto ranked = std::make_shared<RankedFeatures>();
  for (std::int64_t f = 0; f < features.n_features(); ++f) {
    const auto ranks = stats::doubled_mid_ranks(features.of(f));
    ranked->rank.insert(ranked->rank.end(), ranks.begin(), ranks.end());
    ranked->norm.push_back(norm_of(ranks));
    ranked->gene.push_back(genes.number.at(features.feature[f]));
  }
  ranked->outcome = stats::doubled_mid_ranks(outcome);
  ranked->outcome_norm = norm_of(ranked->outcome);

  OutcomeScores scores;
  scores.observed.gene.assign(genes.gene.begin(), genes.gene.end());
  scores.observed.score.resize(genes.size());
  ranked->score(ranked->outcome, scores.observed.score);
  scores.relabeled.n = relabelings.size();
  scores.relabeled.scores = [ranked, relabelings](std::int64_t b, std::span<double> score) {
    std::vector<std::int32_t> lot(ranked->outcome.size()), outcome_ranks(lot.size());
    relabelings.relabel(b, lot);
    for (std::size_t i = 0; i < lot.size(); ++i) outcome_ranks[i] = ranked->outcome[lot[i]];
    ranked->score(outcome_ranks, score);
  };
  return scores;
}

}  // namespace miura::enrichment
