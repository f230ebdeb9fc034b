#pragma once

#include <span>

#include "miura/matrix/table.hpp"
#include "miura/report/enrichment_report.hpp"

namespace miura::app {

/// The page of gene sets or intervals, from its tables; name, settings and warnings are added by the caller.
report::EnrichmentReport enrichment_page(std::span<const matrix::Table> tables);

}  // namespace miura::app
