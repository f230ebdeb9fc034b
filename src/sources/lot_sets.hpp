#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "miura/matrix/lots.hpp"

namespace miura::sources {

/// Lots that are looked at together: those of one role and source, or a union of such sets.
struct LotSet {
  std::string role, source;        ///< "all" in a union
  std::vector<std::int32_t> lots;  ///< ascending
  bool is_union = false, several_sources = false;

  bool trains() const noexcept { return role == "train"; }
};

/// The lots of each role and source, then of each role whatever the source, and all mapped lots, which are those that
/// do not train; unions where they are of several sets. Roles in the order train, test, query, process; sources by
/// name. No set is empty.
std::vector<LotSet> lot_sets(const matrix::Lots& lots);

/// Ids of some lots, joined by commas.
std::string ids_of(const matrix::Lots& lots, const std::vector<std::int32_t>& some);

}  // namespace miura::sources
