#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace miura::matrix {

/// What the columns are, replicated on every rank. Genes: `id` is the Ensembl id where there is one, else the symbol;
/// ids are unique. Image features and protein panels: id and symbol are the column's name.
struct Features {
  std::vector<std::string> id;
  std::vector<std::string> symbol;

  std::int32_t size() const noexcept { return static_cast<std::int32_t>(id.size()); }
};

}  // namespace miura::matrix
