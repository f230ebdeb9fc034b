#include "miura/association/confounders.hpp"

#include "miura/association/feature_association.hpp"

namespace miura::association {

std::vector<ConfounderRow> confounders(MPI_Comm comm, std::span<const Outcome> covariates,
                                       std::span<const Outcome> outcomes, const permutation::Options& relabelings) {
  if (covariates.empty()) return {};
  matrix::Measurements features;
  for (const auto& covariate : covariates) {
    features.feature.push_back(covariate.name);
    features.value.insert(features.value.end(), covariate.value.begin(), covariate.value.end());
  }
  features.sample.resize(covariates.front().value.size());
  Options options{.relabelings = relabelings};
  options.relabelings.side = permutation::Side::two_sided;
  std::vector<ConfounderRow> rows;
  for (const auto& found : test_features_alone(comm, features, outcomes, options))
    rows.push_back({.covariate = covariates[found.feature].name,
                    .outcome = found.outcome,
                    .n = found.n,
                    .s = found.s,
                    .rho = found.rho,
                    .p_exact = found.p_exact,
                    .n_perm = found.n_perm,
                    .perm_type = found.perm_type,
                    .status = found.status});
  return rows;
}

}  // namespace miura::association
