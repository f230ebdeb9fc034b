#include "input/feature_join.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "miura/base/sha256.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::input {

namespace {

/// The tables of the lots that join, in canonical order of the first lot that has each, given to all ranks one by one.
template <class Visit>
void for_each_table(MPI_Comm comm, std::span<const std::string> digest, std::span<const int> reader,
                    const TablesByDigest& mine, std::span<const std::uint8_t> joins, Visit&& visit) {
  std::map<std::string, std::int32_t> n_lots;
  for (std::size_t lot = 0; lot < digest.size(); ++lot) n_lots[digest[lot]] += joins[lot];
  for (std::size_t lot = 0; lot < digest.size(); ++lot) {
    auto& count = n_lots[digest[lot]];
    if (count == 0 || !joins[lot]) continue;
    LotFeatures table;
    if (parallel::rank_of(comm) == reader[lot]) table = mine.at(digest[lot]);
    parallel::broadcast(comm, table.key, reader[lot]);
    parallel::broadcast(comm, table.symbol, reader[lot]);
    table.has_ensembl = std::ranges::any_of(table.key, is_ensembl_gene);
    visit(std::move(table), static_cast<std::int32_t>(lot), count);
    count = 0;
  }
}

/// Symbols as a lot without ids would have them: unique among the wanted features, empty for the others.
std::vector<std::string> unique_symbols(const LotFeatures& table) {
  std::vector<std::string> wanted;
  for (std::size_t i = 0; i < table.key.size(); ++i)
    if (!table.key[i].empty()) wanted.push_back(table.symbol[i]);
  wanted = made_unique(std::move(wanted));
  std::vector<std::string> symbols(table.key.size());
  for (std::size_t i = 0, next = 0; i < symbols.size(); ++i)
    if (!table.key[i].empty()) symbols[i] = std::move(wanted[next++]);
  return symbols;
}

}  // namespace

std::string digest_of(const LotFeatures& features) {
  Sha256 digest;
  for (const auto& key : features.key) digest.add(key);
  for (const auto& symbol : features.symbol) digest.add(symbol);
  return digest.hex();
}

FeatureJoin::FeatureJoin(MPI_Comm comm, const matrix::Lots& lots, std::span<const std::string> digest,
                         std::span<const int> reader, const TablesByDigest& mine, std::span<const std::uint8_t> joins,
                         bool keep_all) {
  struct Later {
    LotFeatures table;
    std::int32_t first_lot, n_lots;
  };
  std::vector<Later> without_ids;
  const auto visit = [&](LotFeatures table, std::int32_t first_lot, std::int32_t n_lots) {
    if (table.has_ensembl)
      add(table, lots, first_lot, n_lots);
    else
      without_ids.push_back({std::move(table), first_lot, n_lots});
  };
  for_each_table(comm, digest, reader, mine, joins, visit);
  for (const auto& later : without_ids) add(later.table, lots, later.first_lot, later.n_lots);

  const auto n_joined = std::ranges::count(joins, 1);
  for (const auto n : n_lots_) column_.push_back(keep_all || n == n_joined ? n_columns_++ : -1);
  if (n_columns_ == 0 && !key_.empty())
    throw InputError({lots[0].path, 0, "", lots[0].id},
                     "no feature of it is in all other lots, though each lot shares some: leave a lot out, or set "
                     "input.join = outer");
}

FeatureJoin::FeatureJoin(const matrix::Features& given) {
  add({given.id, given.symbol, std::ranges::any_of(given.id, is_ensembl_gene)}, 1);
  for (std::int32_t i = 0; i < given.size(); ++i) column_.push_back(n_columns_++);
}

/// The lot's own keys, but for a lot without ids those of the others that have its symbols.
std::vector<std::string> FeatureJoin::joined_keys(const LotFeatures& lot) const {
  auto keys = lot.key;
  if (lot.has_ensembl) return keys;
  const auto symbols = unique_symbols(lot);
  std::unordered_set<std::string_view> taken;  // two names of one gene in different lots may both stand in this one
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].empty()) continue;
    const auto known = key_of_symbol_.find(symbols[i]);
    if (known != key_of_symbol_.end() && taken.insert(known->second).second) keys[i] = known->second;
  }
  return keys;
}

std::int64_t FeatureJoin::add(const LotFeatures& table, std::int32_t n_lots) {
  const auto keys = joined_keys(table), symbols = unique_symbols(table);
  std::int64_t shared = 0;
  for (std::size_t i = 0; i < table.key.size(); ++i) {
    if (table.key[i].empty()) continue;
    const auto& key = keys[i];
    const auto [at, is_new] = place_.emplace(key, static_cast<std::int32_t>(key_.size()));
    if (is_new) {
      key_.push_back(key);
      symbol_.push_back(table.symbol[i]);
      n_lots_.push_back(0);
    } else {
      ++shared;
      if (symbol_[at->second].empty() || symbol_[at->second] == key) symbol_[at->second] = table.symbol[i];
    }
    n_lots_[at->second] += n_lots;
    if (table.has_ensembl) key_of_symbol_.emplace(symbols[i], key);
  }
  return shared;
}

void FeatureJoin::add(const LotFeatures& table, const matrix::Lots& lots, std::int32_t first_lot, std::int32_t n_lots) {
  const auto shared = add(table, n_lots);
  const bool is_first = first_lot_ < 0;
  if (is_first) first_lot_ = first_lot;
  if (!is_first && shared == 0 && table.n_wanted() > 0) {
    const auto example = std::ranges::find_if(table.key, [](const std::string& key) { return !key.empty(); });
    throw InputError({lots[first_lot].path, 0, "", lots[first_lot].id},
                     "its features (" + *example + " ...) share nothing with those of lot " + lots[first_lot_].id +
                         " (" + key_.front() + " ...)");
  }
}

matrix::Features FeatureJoin::features() const {
  matrix::Features features;
  for (std::size_t i = 0; i < key_.size(); ++i) {
    if (column_[i] < 0) continue;
    features.id.push_back(key_[i]);
    features.symbol.push_back(symbol_[i].empty() ? key_[i] : symbol_[i]);
  }
  features.symbol = made_unique(std::move(features.symbol));
  return features;
}

std::vector<std::int32_t> FeatureJoin::columns_of(const LotFeatures& lot) const {
  const auto keys = joined_keys(lot);
  std::vector<std::int32_t> columns(keys.size(), -1);
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (const auto known = place_.find(keys[i]); known != place_.end()) columns[i] = column_[known->second];
  return columns;
}

}  // namespace miura::input
