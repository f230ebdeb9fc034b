#pragma once

#include <mpi.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "input/feature_table.hpp"
#include "miura/matrix/features.hpp"
#include "miura/matrix/lots.hpp"

namespace miura::input {

/// Tables of features by their digest: most lots of a study have one and the same.
using TablesByDigest = std::map<std::string, LotFeatures>;

std::string digest_of(const LotFeatures& features);

/// The features of all lots together. Replicated.
class FeatureJoin {
public:
  /// Collective. `digest` and `reader` tell the table and the rank of each lot, replicated; `mine` holds the tables of
  /// the lots that this rank reads; `joins` marks the lots that take part. The joined order is that of the tables with
  /// Ensembl ids in canonical order of lots, then of those without. InputError on every rank if a lot shares no feature
  /// with those before, or all lots share none.
  FeatureJoin(MPI_Comm comm, const matrix::Lots& lots, std::span<const std::string> digest, std::span<const int> reader,
              const TablesByDigest& mine, std::span<const std::uint8_t> joins, bool keep_all);
  /// The features of an earlier study, as they are. Not collective.
  explicit FeatureJoin(const matrix::Features& given);

  matrix::Features features() const;
  std::int32_t n_columns() const noexcept { return n_columns_; }
  /// The joined column of each feature of a lot, -1 for what is not wanted or not joined.
  std::vector<std::int32_t> columns_of(const LotFeatures& lot) const;

private:
  std::vector<std::string> joined_keys(const LotFeatures& lot) const;
  /// Counts a table of `n_lots` lots in. Gives how many of its features were known.
  std::int64_t add(const LotFeatures& table, std::int32_t n_lots);
  void add(const LotFeatures& table, const matrix::Lots& lots, std::int32_t first_lot, std::int32_t n_lots);

  std::vector<std::string> key_, symbol_;
  std::vector<std::int32_t> n_lots_;                            // that have the feature
  std::vector<std::int32_t> column_;                            // in the joined order, -1: not in all lots
  std::unordered_map<std::string, std::int32_t> place_;         // of a key in key_
  std::unordered_map<std::string, std::string> key_of_symbol_;  // of tables with Ensembl ids
  std::int32_t first_lot_ = -1, n_columns_ = 0;
};

}  // namespace miura::input
