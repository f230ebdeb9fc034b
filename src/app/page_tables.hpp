#pragma once

#include <cstdint>
#include <string>

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
void add_integration(report::StudyReport& page, const matrix::Table& integration);
void add_confounders(report::StudyReport& page, const matrix::Table& confounders);
void add_without_clusters(report::StudyReport& page, const matrix::Table& global);

}  // namespace miura::app
