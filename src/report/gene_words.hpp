#pragma once

#include <string>

#include "miura/report/study_report.hpp"

namespace miura::report {

/// What is said of genes at the top of the page, in plain text; empty where there is nothing to say.

/// Whether clusters formed anew on some of the molecules have genes on the others.
std::string words_on_split(const StudyReport& report);

/// The foremost genes and sets between two conditions, in all cells.
std::string words_on_conditions(const StudyReport& report);

/// The foremost sets, of those below the false discovery rate over lots, in a cluster.
std::string words_on_sets_in(const StudyReport& report, const std::string& cluster);

}  // namespace miura::report
