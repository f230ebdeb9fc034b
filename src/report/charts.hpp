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

/// Share of a cluster against an outcome, a point a lot, labelled.
nlohmann::json scatter_chart(const Scatter& scatter);

/// A bar a lot, cut into its clusters; ordered by the primary outcome where it is known.
nlohmann::json composition_chart(const StudyReport& report);

/// A row for each gene that marks a cluster, a column for each cluster: how many cells express it, and how much more.
nlohmann::json dot_plot(const StudyReport& report);

/// How well each cluster is found again from so many lots.
nlohmann::json stability_chart(const StudyReport& report);

/// Share of the variance by component.
nlohmann::json variance_chart(const std::vector<double>& variance_ratio);

/// Outcomes in the order of the page: those of the primary family first, then as they come.
std::vector<std::string> outcomes_of(const StudyReport& report);

/// Lots of the composition in the order of the page: rising primary outcome, unknown ones last.
std::vector<std::size_t> lots_in_order(const StudyReport& report);

}  // namespace miura::report
