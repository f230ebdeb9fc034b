#pragma once

#include <span>

#include "miura/matrix/table.hpp"
#include "miura/report/mining_report.hpp"

namespace miura::app {

/// The page of a mining, from its tables; settings, inputs and warnings are added by the caller.
report::MiningReport mining_page(std::span<const matrix::Table> tables);

}  // namespace miura::app
