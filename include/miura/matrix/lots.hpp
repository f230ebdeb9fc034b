#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace miura::matrix {

/// One row of the sample sheet, without its outcomes: those are read by the association alone
/// (docs/methods/association.md).
struct Lot {
  std::string id;
  std::filesystem::path path;  ///< counts or table of this lot; relative paths of the sheet are resolved already
  std::string format;          ///< mtx, h5, h5ad, table; empty: recognised from the path
  std::string source = {};     ///< BM, AD, UC or any word
  std::string role = "train";  ///< train, test, query, process
  std::string donor = {}, process = {}, pair = {}, chemistry = {};
  std::string obs_column = {}, obs_value = {};  ///< this lot's cells inside a pooled h5ad
  std::filesystem::path cells = {};             ///< table of further columns per cell; empty: none
  std::int64_t sheet_row = 0;                   ///< 1-based line in the sample sheet, for messages
};

/// All lots of a study in canonical order: ascending bytes of id. Replicated on every rank.
using Lots = std::vector<Lot>;

}  // namespace miura::matrix
