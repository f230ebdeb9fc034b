#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/matrix/lots.hpp"

namespace miura::integrate {

/// Over which column of the sample sheet the coordinates of the cells are corrected.
enum class By { none, lot, chemistry };

/// The word in configs and tables: none, lot, chemistry; also matrix::Labeling::integration.
std::string name_of(By by);

/// Which integrations a study clusters, the primary one first, each once.
struct Plan {
  std::vector<By> by;
  std::string reason;  ///< one line for the log: declared, or which rule chose
};

/// What is declared in `[integrate] by`, in that order, or without a declaration the default: the chemistry, the
/// technical batch, where there are at least two and each has at least two of these lots; else none. (With one lot a
/// chemistry, a correction by it would be a correction by lot, which can remove what makes that lot differ.)
///
/// `lots` are those whose cells are clustered together: training lots. No outcome is read. UsageError for another word,
/// one given twice, and a declared column that has one level only; InputError for a lot without chemistry where
/// chemistry is declared.
Plan plan_integration(const matrix::Lots& lots, std::span<const std::string> declared);

/// The levels of a column over lots.
struct Batches {
  std::vector<std::string> name;     ///< ascending bytes
  std::vector<std::int32_t> of_lot;  ///< index into name, one a lot; all 0 for By::none
};

/// Which batch each lot is of. A lot without chemistry is of a batch of its own kind, named "".
Batches batches_of(const matrix::Lots& lots, By by);

}  // namespace miura::integrate
