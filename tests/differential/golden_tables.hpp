#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "miura/matrix/measurements.hpp"

namespace miura::test {

/// A table of tests/data/differential: by feature and column; NA is NaN.
using GoldenTable = std::map<std::string, std::map<std::string, double>>;

inline GoldenTable golden_table(const std::string& name) {
  std::ifstream file(std::string(MIURA_TEST_DATA) + "/differential/" + name);
  EXPECT_TRUE(file) << name;
  std::string line, cell;
  std::getline(file, line);
  std::vector<std::string> columns;
  for (std::istringstream header(line); std::getline(header, cell, '\t');) columns.push_back(cell);
  GoldenTable table;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string feature;
    std::getline(fields, feature, '\t');
    for (std::size_t c = 1; std::getline(fields, cell, '\t'); ++c)
      table[feature][columns[c]] = cell == "NA" ? std::nan("") : std::strtod(cell.c_str(), nullptr);
  }
  return table;
}

inline matrix::Measurements golden_values(const std::string& name) {
  matrix::Measurements table;
  std::ifstream file(std::string(MIURA_TEST_DATA) + "/differential/" + name);
  EXPECT_TRUE(file) << name;
  std::string line, cell;
  std::getline(file, line);
  std::istringstream header(line);
  std::getline(header, cell, '\t');
  while (std::getline(header, cell, '\t')) table.sample.push_back(cell);
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::getline(fields, cell, '\t');
    table.feature.push_back(cell);
    while (std::getline(fields, cell, '\t'))
      table.value.push_back(cell == "NA" ? std::nan("") : std::strtod(cell.c_str(), nullptr));
  }
  return table;
}

}  // namespace miura::test
