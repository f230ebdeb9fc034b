#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/common_options.hpp"
#include "app/configuration.hpp"
#include "miura/mining/replication.hpp"
#include "miura/mining/screen.hpp"
#include "miura/normalize/measurements.hpp"
#include "miura/propensity/first_component.hpp"

namespace miura::app {

/// `[measurement.NAME]`: a table of one platform and way of culture, in training or in test lines.
struct MeasurementOptions {
  std::string name;
  std::int64_t row = 0;  ///< of the section's first setting, for messages
  std::filesystem::path table, genes, samples;
  bool is_test = false;
  std::string platform, method;  ///< platform: the name, where none is given
  bool is_ct = false, log2 = false, quantile_normalize = false;
  bool tests_probes = true;  ///< use = probes; else it serves propensities alone
  std::optional<double> min_expression;
  normalize::CtOptions ct;
};

/// `[outcome.NAME]`: a column of a sheet, or the propensity that markers tell.
struct OutcomeOptions {
  std::string name;
  std::int64_t row = 0;
  std::string column;
  std::filesystem::path sheet;
  std::vector<std::string> markers;
  std::string measurement, test_measurement;
  std::vector<std::string> same_samples;  ///< measurements of the same samples, besides `measurement`

  bool is_propensity() const noexcept { return !markers.empty(); }
};

/// `[intersection.NAME]`, as it is written: names are looked up when the tables are known.
struct IntersectionOptions {
  std::string name;
  std::int64_t row = 0;
  std::string rule, measurement, outcome;
  std::optional<bool> by_gene;
  double threshold = 0;  ///< 0: mining.threshold
  mining::Promoters promoters = mining::Promoters::any;
};

struct MineOptions {
  CommonOptions common;
  std::string sheet, columns, list = "hits";
  mining::Options mining;
  mining::ReplicationOptions replication;
  propensity::Options propensity;
  std::vector<MeasurementOptions> measurements;
  std::vector<OutcomeOptions> outcomes;
  std::vector<IntersectionOptions> intersections;
  std::filesystem::path file;  ///< the configuration, for messages

  const MeasurementOptions* measurement(const std::string& name) const;
};

po::options_description describe(MineOptions& o);

inline const std::vector<std::string> mine_sections{"measurement.", "outcome.", "intersection."};

/// Reads the sections that the user names, and checks all values. InputError (exit 64) with the row of the file for an
/// unknown setting or word, with the nearest known one.
void read_sections(const Configuration& configuration, MineOptions& o);

/// The intersections over the panels and outcomes there are. InputError (exit 64) for names that are not, and for rules
/// that do not say which measurement or outcome is meant.
std::vector<mining::Intersection> resolve_intersections(const MineOptions& o, const mining::LineSet& lines);

}  // namespace miura::app
