#pragma once

#include <map>
#include <string>

#include "app/publication.hpp"
#include "app/study.hpp"
#include "miura/report/study_report.hpp"

namespace miura::app {

/// What report.html shows of a study; `digests`: SHA-256 of the files beside it that are the same on any layout.
report::StudyReport study_page(const Study& study, const Publication& p, report::CellMap cells,
                               const std::map<std::string, std::string>& digests);

}  // namespace miura::app
