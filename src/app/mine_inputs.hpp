#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/mine_options.hpp"
#include "miura/mining/lines.hpp"
#include "miura/mining/screen.hpp"
#include "miura/propensity/first_component.hpp"

namespace miura::app {

/// A measurement as it is used: lines in place of samples, values transformed, genes known.
struct PreparedTable {
  std::string measurement;
  matrix::Measurements table;     ///< features x lines
  std::vector<std::string> gene;  ///< of each feature; without a map the feature itself
};

/// A propensity of one set of lines.
struct LinePropensity {
  std::string outcome, set;
  std::vector<std::string> line;
  propensity::Propensity found;     ///< of training lines
  std::vector<double> score, rank;  ///< of these lines
  std::string measurement;
  matrix::Measurements markers;  ///< markers x lines, in the units of the measurement
};

/// What training lines decide and test lines must not: the reference of quantiles, which probes are looked at, and the
/// weights of propensities.
struct TrainingChoices {
  std::map<std::string, std::vector<double>> quantiles;    ///< by platform and method
  std::map<std::string, propensity::Component> component;  ///< by outcome
};

/// A set of lines with all that is known of them.
struct MinedLines {
  mining::LineSet lines;
  std::vector<PreparedTable> tables;  ///< of all measurements, those for markers too
  std::vector<LinePropensity> propensities;
  std::vector<std::string> warnings;
};

/// Opens the tables of training lines and makes the choices. Not collective; every rank may call it.
MinedLines read_training(const MineOptions& o, TrainingChoices& choices);

/// Opens the tables of test lines. InputError if a line is in both sets.
MinedLines read_test(const MineOptions& o, const TrainingChoices& choices, const mining::LineSet& training);

/// SHA-256 of all choices that training has made: quantiles, probes, weights, hits and members of intersections.
std::string digest_of(const TrainingChoices& choices, const mining::LineSet& training, const mining::Screen& found);

/// All files that a configuration names.
std::vector<std::filesystem::path> input_files(const MineOptions& o);

}  // namespace miura::app
