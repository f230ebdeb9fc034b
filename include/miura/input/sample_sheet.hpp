#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "miura/matrix/lots.hpp"

namespace miura::input {

/// Reads the sample sheet (CSV or TSV, a row a lot): column `lot` and `path`, and where given `format`, `source`,
/// `role`, `donor`, `process`, `pair`, `chemistry`, `obs_column`, `obs_value`, `cells`; names are case-sensitive.
/// Relative paths start at the sheet. Gives the lots in ascending bytes of id. Every error names file, row, column and
/// lot: InputError, or NotFoundError for a path that is not there. Outcomes are not looked at. Not collective; every
/// rank may call it.
matrix::Lots read_sample_sheet(const std::filesystem::path& path);

/// The header's other columns: outcomes and covariates, in the order of the sheet. Columns without a name are left out.
std::vector<std::string> outcome_columns(const std::filesystem::path& path);

/// Makes sure that every named column is there and holds numbers or nothing (empty, NA, NaN); the values are dropped.
/// Of an unknown name the error tells the nearest column.
void check_outcomes(const std::filesystem::path& path, std::span<const std::string> names);

/// SHA-256 of the named columns, row by row in ascending lot; the values are not kept.
std::string digest_of_columns(const std::filesystem::path& path, std::span<const std::string> names);

/// One outcome (or covariate) of the lots.
struct Outcome {
  std::string name;
  std::vector<double> value;  ///< one per lot, in their order; NaN: missing
};

/// Reads the named columns. `keys` are the ids in the order in which values are wanted, found in column `key_column`;
/// rows of other ids are passed over, an id without a row is an error.
std::vector<Outcome> read_outcomes(const std::filesystem::path& path, const std::string& key_column,
                                   std::span<const std::string> keys, std::span<const std::string> names);
std::vector<Outcome> read_outcomes(const std::filesystem::path& path, const matrix::Lots& lots,
                                   std::span<const std::string> names);

}  // namespace miura::input
