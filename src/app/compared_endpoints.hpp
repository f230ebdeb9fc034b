#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "app/compare_options.hpp"
#include "miura/comparability/comparability.hpp"
#include "miura/comparability/outcome_margin.hpp"
#include "miura/comparability/specification.hpp"
#include "miura/matrix/lots.hpp"

namespace miura::app {

/// Endpoints as they are tested: one for each final use and name.
struct DeclaredEndpoints {
  std::vector<comparability::Endpoint> endpoints;     ///< use after use
  std::vector<comparability::DerivedMargin> derived;  ///< margins that come from an outcome
};

/// Gives the named endpoints the margins of --margin and --margin-from; those without one fall back (NaN). An endpoint
/// that has margins for some uses matters for these; one with a margin for no use in particular, or with none, matters
/// for all. `fitted` are the lots by which margins are derived. UsageError for what is not understood.
DeclaredEndpoints declare_endpoints(const CompareOptions& o, const std::vector<comparability::Endpoint>& named,
                                    std::span<const std::int32_t> fitted);

/// Every cluster and marker against every outcome, over the training lots, with what --require asks for.
std::vector<comparability::Claim> claims_of(const CompareOptions& o, const matrix::Lots& lots,
                                            const std::vector<comparability::Endpoint>& named);

}  // namespace miura::app
