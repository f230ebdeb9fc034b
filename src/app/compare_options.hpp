#pragma once

#include <boost/program_options.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/common_options.hpp"

namespace miura::app {

/// What `miura compare` was told.
struct CompareOptions {
  CommonOptions common;
  std::string result, partition, sheet, source, before, after;
  std::vector<std::string> clusters, markers, outcomes, margins, margins_from, requirements;
  std::int32_t components = 0;

  bool names_endpoint() const { return !clusters.empty() || !markers.empty() || !outcomes.empty() || components > 0; }
};

po::options_description describe(CompareOptions& o);

/// UsageError for what cannot go together.
void check(const CompareOptions& o);

/// What shapes the result, for its provenance.
nlohmann::ordered_json settings_of(const CompareOptions& o);

/// A number that was typed as part of an option; UsageError that shows it otherwise.
double number_of(const std::string& option, const std::string& typed, const std::string& text);

}  // namespace miura::app
