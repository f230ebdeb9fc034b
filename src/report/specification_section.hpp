#pragma once

#include <vector>

#include "miura/report/comparison_report.hpp"
#include "report/whole_page.hpp"

namespace miura::report {

/// Proposed acceptance rules; empty without rules.
Section specification_section(const std::vector<SpecificationRow>& rules);

}  // namespace miura::report
