#pragma once

#include <span>

#include "miura/matrix/table.hpp"
#include "miura/report/differential_report.hpp"

namespace miura::app {

/// The page of a comparison of two groups, from its tables; names, settings and warnings are added by the caller.
report::DifferentialReport differential_page(std::span<const matrix::Table> tables);

}  // namespace miura::app
