#pragma once

#include <span>

#include "miura/association/cluster_association.hpp"
#include "miura/association/confounders.hpp"
#include "miura/association/feature_association.hpp"
#include "miura/matrix/table.hpp"

namespace miura::association {

/// tables/association.tsv of clusters: the columns of docs/methods/association.md and the number of tests in the
/// family.
matrix::Table association_table(const Result& found);

/// The same of any features: `feature` in place of the cluster and its partition, and the statistic at the end.
matrix::Table association_table(const FeatureResult& found, const matrix::Measurements& features);

/// tables/confounders.tsv.
matrix::Table confounder_table(std::span<const ConfounderRow> rows);

}  // namespace miura::association
