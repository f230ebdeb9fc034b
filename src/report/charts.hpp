#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "miura/report/study_report.hpp"

namespace miura::report {

/// Vega-Lite 6 specifications. They stand alone (no data outside, no theme) and take the width of their container.
/// Ink is "currentColor", so that one drawing serves light, dark and paper.

/// Rho with its interval of every test with one outcome, a row a cluster; filled where the test is declared.
nlohmann::json association_chart(const StudyReport& report, std::string_view outcome);

/// How often relabeled lots do as well as an |rho|, in this test alone and in the best of the family, beside the
/// observed one. Null where no test of the primary family with this outcome has both p.
nlohmann::json null_chart(const StudyReport& report, std::string_view outcome);

/// Outcomes of one measurement: those whose names are alike up to the last underscore.
struct Measure {
  struct Condition {
    std::size_t outcome;  ///< its place in StudyReport::outcome_names
    std::string name;
  };
  std::string name;
  std::vector<Condition> conditions;
};
std::vector<Measure> measures_of(const std::vector<std::string>& outcomes);

/// Lots with an outcome: those that train by the rising primary one, then mapped ones. At most `most_lots`, evenly.
std::vector<const OutcomeRow*> lots_by_outcome(const StudyReport& report);

/// A row a lot, a mark a condition.
nlohmann::json outcome_chart(const StudyReport& report, const Measure& measure);

/// Share of a cluster in the same rows.
nlohmann::json share_chart(const StudyReport& report, std::string_view cluster);

/// "rho 0.95 (95 % interval 0.78 to 0.99), p = 0.0001 alone, 0.0003 family-wise".
std::string test_text(const AssociationRow& row, double alpha);

/// Share of a cluster against an outcome, a point a lot, labelled.
nlohmann::json scatter_chart(const Scatter& scatter);

/// The same of any cluster of the primary partition with the primary outcome, which the reader chooses, with its rho,
/// interval and p; `shown` at first.
nlohmann::json cluster_scatter_chart(const StudyReport& report, std::string_view shown);

/// A bar a lot, cut into its clusters; ordered by `value` (of `outcome`, a value a lot), which stands at its end.
nlohmann::json composition_chart(const Composition& composition, const std::vector<double>& value = {},
                                 std::string_view outcome = {});

/// Share of cells outside of the reference, a mark a lot; the line is the largest of a held-out training lot.
nlohmann::json outside_chart(const std::vector<MappedLotRow>& lots);

/// Where cells express a gene by role and source: the declared cluster above the line of each, other cells below.
nlohmann::json density_chart(const SourceMarkers& markers, std::string_view gene);

/// What is said of a gene's high cells in each lot.
std::vector<SourceMarkers::Lot> lots_of(const SourceMarkers& markers, std::string_view gene);
/// Share of a lot's cells that are high, by role and source, in the declared cluster and in other cells. At most
/// `most_points` lots, evenly.
nlohmann::json high_cells_chart(const SourceMarkers& markers, std::string_view gene);

/// A row for each gene that marks a cluster, a column for each cluster: how many cells express it, and how much more.
nlohmann::json dot_plot(const StudyReport& report);

/// A bar a cluster, cut into the phases of the cell cycle.
nlohmann::json phase_chart(const StudyReport& report);

/// Genes of a cluster, which the reader chooses, `shown` at first: fold against p over cells, marked where lots agree.
nlohmann::json volcano_chart(const StudyReport& report, std::string_view shown);

/// Genes that differ in each cluster formed on a part of the molecules, on the others; beside it those of the primary
/// cluster it is most like, on all.
nlohmann::json split_chart(const StudyReport& report);

/// Gene sets of the markers of a cluster, which the reader chooses: bars to the right for higher, to the left for
/// lower.
nlohmann::json enrichment_chart(const StudyReport& report, std::string_view shown);

/// How well each cluster is found again from so many lots.
nlohmann::json stability_chart(const StudyReport& report);

/// Share of the variance by component.
nlohmann::json variance_chart(const std::vector<double>& variance_ratio);

/// Outcomes in the order of the page: those of the primary family first, then as they come.
std::vector<std::string> outcomes_of(const StudyReport& report);

/// The cluster of the primary partition that the strongest test of the primary family is about, else the first.
std::string cluster_of_claim(const StudyReport& report);

/// Lots in the order of the page: by rising value, unknown ones last; as they come where there is no value a lot. At
/// most `most_lots`, evenly.
std::vector<std::size_t> lots_in_order(const Composition& composition, const std::vector<double>& value);

}  // namespace miura::report
