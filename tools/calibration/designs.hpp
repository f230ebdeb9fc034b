#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace miura::calibration {

/// What is promised of a rate: no more than the level (within the error of the simulation), no more than .08, or
/// nothing: then the rate is there to compare with.
enum class Promise { exact, approximate, none };

/// One simulated design of a study: `test` tells of study number s, for each column of its section, whether it errs (of
/// null designs) or finds (of others).
struct Design {
  std::string name;
  std::int32_t n_lots = 0;
  std::string relabelings;
  Promise promise = Promise::exact;
  std::function<std::vector<bool>(std::uint64_t study)> test;
};

/// A table of rates. The promise is of the last column.
struct Section {
  std::string key, title, text;
  std::vector<std::string> columns;
  std::vector<Design> designs;
};

/// Equivalence of lots before and after a change, in one endpoint and in several components.
std::vector<Section> equivalence_sections(std::uint64_t seed);

/// All tables, by a seed.
std::vector<Section> all_sections(std::uint64_t seed);

/// Writes the studies of the power table as tables that other programs can read: study lot outcome c0 c1 ..., one file
/// a design, LOTS_CORRELATION_CELLS.tsv.
void write_power_studies(const std::filesystem::path& folder, std::uint64_t seed, std::int64_t studies);

}  // namespace miura::calibration
