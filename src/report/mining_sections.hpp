#pragma once

#include "miura/report/mining_report.hpp"
#include "report/whole_page.hpp"

namespace miura::report {

Section intersection_section(const MiningReport& report);
Section hit_section(const MiningReport& report);
Section selection_section(const MiningReport& report);
Section rank_section(const MiningReport& report);
Section propensity_section(const MiningReport& report);
Section outcome_section(const MiningReport& report);
Section product_section(const MiningReport& report);

}  // namespace miura::report
