#pragma once

#include <span>
#include <string>
#include <vector>

#include "miura/matrix/table.hpp"
#include "miura/report/comparison_report.hpp"

namespace miura::app {

/// The rows of a table `specification`.
std::vector<report::SpecificationRow> specification_rows(const matrix::Table& table);

/// The page of a comparison, from its tables; settings and warnings are added by the caller.
report::ComparisonReport comparison_page(std::span<const matrix::Table> tables);

}  // namespace miura::app
