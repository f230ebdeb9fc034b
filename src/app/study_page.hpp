#pragma once

#include "app/publication.hpp"
#include "app/study.hpp"
#include "miura/report/study_report.hpp"

namespace miura::app {

/// What report.html shows of a study.
report::StudyReport study_page(const Study& study, const Publication& p);

}  // namespace miura::app
