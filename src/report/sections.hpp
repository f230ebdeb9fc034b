#pragma once

#include <string>
#include <vector>

#include "miura/report/study_report.hpp"
#include "report/html.hpp"
#include "report/whole_page.hpp"

namespace miura::report {

Html finding_card(const StudyReport& report);
Html key_numbers(const StudyReport& report);
Section warnings_section(const StudyReport& report);
Section outcome_section(const StudyReport& report);
Section association_section(const StudyReport& report);
Section without_clusters_section(const StudyReport& report);
Section populations_section(const StudyReport& report);
Section stability_section(const StudyReport& report);
Section integration_section(const StudyReport& report);
Section scatter_section(const StudyReport& report);
Section composition_section(const StudyReport& report);
Section mapped_lots_section(const StudyReport& report);
Section replication_section(const StudyReport& report);
Section source_marker_section(const StudyReport& report);
Section marker_section(const StudyReport& report);
Section pairwise_section(const StudyReport& report);
Section split_section(const StudyReport& report);
Section condition_section(const StudyReport& report);
Section cell_state_section(const StudyReport& report);
Section enrichment_section(const StudyReport& report);
Section cell_map_section(const StudyReport& report);
Section confounder_section(const StudyReport& report);
Section lots_section(const StudyReport& report);
Section variance_section(const StudyReport& report);
Section method_section(const StudyReport& report);
Section settings_section(const StudyReport& report);
Section provenance_section(const StudyReport& report);
Section files_section(const StudyReport& report);

/// Share and number of cells of each lot in each cluster; `value` of `outcome` beside where there is one a lot.
Html composition_table(const Composition& composition, const std::vector<double>& value, std::string_view outcome);

}  // namespace miura::report
