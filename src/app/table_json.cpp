#include "app/table_json.hpp"

#include <limits>

namespace miura::app {

nlohmann::ordered_json to_json(const matrix::Table& table) {
  nlohmann::ordered_json columns = nlohmann::ordered_json::array();
  for (const auto& column : table.columns) {
    nlohmann::ordered_json entry{{"name", column.name}, {"kind", column.values.index()}};
    std::visit([&](const auto& values) { entry["values"] = values; }, column.values);
    columns.push_back(std::move(entry));
  }
  return {{"name", table.name}, {"columns", std::move(columns)}};
}

matrix::Table table_from_json(const nlohmann::ordered_json& json) {
  matrix::Table table{json.at("name").get<std::string>(), {}};
  for (const auto& entry : json.at("columns")) {
    matrix::Column column{entry.at("name").get<std::string>(), {}};
    const auto& values = entry.at("values");
    switch (entry.at("kind").get<int>()) {
      case 0:
        column.values = values.get<std::vector<std::string>>();
        break;
      case 1: {
        std::vector<double> reals;
        for (const auto& v : values)
          reals.push_back(v.is_null() ? std::numeric_limits<double>::quiet_NaN() : v.get<double>());
        column.values = std::move(reals);
        break;
      }
      default:
        column.values = values.get<std::vector<std::int64_t>>();
    }
    table.columns.push_back(std::move(column));
  }
  return table;
}

}  // namespace miura::app
