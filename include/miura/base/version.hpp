#pragma once

#include <string>

namespace miura {

/// Version of miura, e.g. "0.1.0".
std::string version();
/// The commit it was built from, with "+" where the tree had changes; "unknown" outside a repository.
std::string commit();

}  // namespace miura
