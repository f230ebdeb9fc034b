#pragma once

#include <nlohmann/json.hpp>

#include "miura/matrix/table.hpp"

namespace miura::app {

/// A table as JSON and back, without loss: reals in shortest round-trip digits, NaN as null.
nlohmann::ordered_json to_json(const matrix::Table& table);
matrix::Table table_from_json(const nlohmann::ordered_json& json);

}  // namespace miura::app
