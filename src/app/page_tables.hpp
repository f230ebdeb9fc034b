#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "miura/matrix/table.hpp"
#include "miura/report/study_report.hpp"

namespace miura::app {

/// What a person calls a partition; given labels have no resolution.
std::string partition_name(const std::string& integration, double resolution, std::int64_t seed);

/// Parts of the page that stand in tables of the study already. `several`: there is more than one partition.
void add_association(report::StudyReport& page, const matrix::Table& association, bool several);
void add_populations(report::StudyReport& page, const matrix::Table& populations);
/// Of the clusters of the page's composition; nothing where none was clustered again.
void add_stability(report::StudyReport& page, const matrix::Table& stability);
/// The foremost five genes of each cluster.
void add_markers(report::StudyReport& page, const matrix::Table& markers, const matrix::Table& dots);
/// Clusters of a part of the molecules, tested on the others; the foremost genes of each pair of clusters. Nothing
/// where that was not asked for.
void add_markers_on_request(report::StudyReport& page, const std::vector<matrix::Table>& tables);
/// The foremost genes and sets between two conditions; `compared`: "FIRST:SECOND".
void add_conditions(report::StudyReport& page, const std::string& compared, const matrix::Table& genes,
                    const std::vector<matrix::Table>& enrichment);
/// The cluster's genes that marker_volcano.tsv holds.
void add_volcano(report::StudyReport& page, const matrix::Table& volcano);
/// The foremost sets up and down of each cluster, and those along the ranked genes; nothing where there are none.
void add_enrichment(report::StudyReport& page, const std::vector<matrix::Table>& tables);
void add_integration(report::StudyReport& page, const matrix::Table& integration);
/// Rows over all lots; then what is left of the tests without cycling cells.
void add_cell_states(report::StudyReport& page, const matrix::Table& cell_states);
void add_without_cycling(report::StudyReport& page, const matrix::Table& association_without_cycling);
void add_confounders(report::StudyReport& page, const matrix::Table& confounders);
void add_without_clusters(report::StudyReport& page, const matrix::Table& global);
void add_mapped_lots(report::StudyReport& page, const matrix::Table& mapped_lots);
void add_replication(report::StudyReport& page, const matrix::Table& mapped_association);
/// Of the tables of markers by source; nothing where they are not.
void add_source_markers(report::StudyReport& page, const std::vector<matrix::Table>& tables);
/// Share of the declared cluster and outcome of each lot: mapped lots by their composition on the page, as they were
/// tested, training lots as source_marker_lots.tsv has them. Nothing without that table.
void add_replication_scatters(report::StudyReport& page, const std::vector<matrix::Table>& tables);

}  // namespace miura::app
