#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "miura/base/error.hpp"
#include "miura/input/cells.hpp"

namespace miura::input {

/// The features of one file as it names them, one entry per row of its feature table. `type` and `genome` are empty
/// vectors where the file does not tell them.
struct FeatureTable {
  std::vector<std::string> id, symbol, type, genome;

  bool operator==(const FeatureTable&) const = default;
};

/// The features of a lot as they are joined with those of others, in the order of the file.
struct LotFeatures {
  std::vector<std::string> key;     ///< Ensembl id without version, else symbol; unique; empty: not wanted
  std::vector<std::string> symbol;  ///< as in the file
  bool has_ensembl = false;

  std::int32_t n_features() const noexcept { return static_cast<std::int32_t>(key.size()); }
  std::int32_t n_wanted() const;
};

/// ENSG00000141510, ENSMUSG00000059552.14 ...: the id of a gene in Ensembl, whatever the species.
bool is_ensembl_gene(std::string_view id);
/// ENSG00000141510.17 -> ENSG00000141510; leaves ENSG00000182378.13_PAR_Y as it is.
std::string_view without_version(std::string_view id);

/// Appends -1, -2 ... to what was there before, as anndata's make_index_unique does.
std::vector<std::string> made_unique(std::vector<std::string> names);

/// Chooses the features of the wanted type and genome and names them for the join. InputError if there are none, or
/// several genomes and none was chosen.
LotFeatures wanted_features(FeatureTable table, const CellsOptions& options, const Where& where);

}  // namespace miura::input
