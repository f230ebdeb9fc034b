#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/common_options.hpp"
#include "app/configuration.hpp"
#include "miura/differential/regions.hpp"
#include "miura/differential/two_groups.hpp"

namespace miura::app {

/// What the user typed, and what it means.
struct DifferentialOptions {
  CommonOptions common;
  std::string table, sheet, group = "group", reference, compared, pair, time, unit, annotation;
  std::vector<std::string> genes;
  std::string test, side = "two-sided", hits = "q", promoter = "TSS1500,TSS200";
  bool beta = false, m_values = false;
  differential::Options tests;
  differential::RegionOptions regions;
};

po::options_description describe(DifferentialOptions& o);

/// UsageError for options that do not go together; words become what they mean.
void check(DifferentialOptions& o);

/// What shapes the result; the names are those of the options.
nlohmann::ordered_json settings_of(const DifferentialOptions& o);

}  // namespace miura::app
