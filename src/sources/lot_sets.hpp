#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "miura/matrix/lots.hpp"

namespace miura::sources {

/// The lots of one role and source.
struct LotSet {
  std::string role, source;
  std::vector<std::int32_t> lots;  ///< ascending

  bool trains() const noexcept { return role == "train"; }
};

/// Roles in the order train, test, query, process; sources by name. No set is empty.
std::vector<LotSet> lot_sets(const matrix::Lots& lots);

/// Ids of some lots, joined by commas.
std::string ids_of(const matrix::Lots& lots, const std::vector<std::int32_t>& some);

}  // namespace miura::sources
