#pragma once

#include "app/publication.hpp"
#include "app/study.hpp"
#include "miura/report/study_report.hpp"

namespace miura::app {

/// What report.html shows of a study.
report::StudyReport study_page(const Study& study, const Publication& p, report::CellMap cells);

}  // namespace miura::app
