#include "input/feature_table.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace miura::input {

namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : std::set<std::string>(words.begin(), words.end()))
    if (!word.empty()) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// What stands before the bar of GRCh38_ENSG..., mm10___ENSMUSG...; empty for any other id.
std::string_view before_ensembl_id(std::string_view id) {
  const auto bar = id.rfind('_');
  if (bar == std::string_view::npos || !is_ensembl_gene(id.substr(bar + 1))) return {};
  const auto last = id.find_last_not_of('_', bar);
  return last == std::string_view::npos ? std::string_view() : id.substr(0, last + 1);
}

/// Cell Ranger puts the genome before ids and symbols when there are several: moves it to where it belongs. Where as
/// many things stand before ids as no study has genomes, they are symbols (muscat's SYMBOL_ENSG...) and stay.
void take_genome_from_ids(FeatureTable& table) {
  constexpr std::size_t most_genomes = 8;
  const bool told = !table.genome.empty();
  std::set<std::string_view> genomes;
  for (const auto& id : table.id)
    if (const auto genome = before_ensembl_id(id); !genome.empty()) genomes.insert(genome);
  if (!told && genomes.size() > most_genomes) return;
  for (std::size_t i = 0; i < table.id.size(); ++i) {
    const std::string genome(before_ensembl_id(table.id[i]));
    if (genome.empty() || (told && table.genome[i] != genome)) continue;
    const auto prefix = table.id[i].substr(0, table.id[i].rfind('_') + 1);
    table.genome.resize(table.id.size());
    table.genome[i] = genome;
    table.id[i].erase(0, prefix.size());
    if (table.symbol[i].starts_with(prefix)) table.symbol[i].erase(0, prefix.size());
  }
}

std::vector<bool> of_wanted_type(const FeatureTable& table, const std::string& type, const Where& where) {
  std::vector<bool> wanted(table.id.size(), true);
  if (type.empty() || table.type.empty()) return wanted;
  for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = table.type[i] == type;
  if (!wanted.empty() && std::ranges::find(wanted, true) == wanted.end())
    throw InputError(where, "holds no features of type '" + type + "', but " + listed(table.type));
  return wanted;
}

void keep_genome(std::vector<bool>& wanted, const FeatureTable& table, const std::string& genome, const Where& where) {
  if (table.genome.empty()) return;
  std::vector<std::string> genomes;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (wanted[i] && !table.genome[i].empty()) genomes.push_back(table.genome[i]);
  const auto names = listed(genomes);
  if (genome.empty()) {
    if (names.find(", ") != std::string::npos)
      throw InputError(where, "holds several genomes (" + names + "): choose one with input.genome");
    return;
  }
  if (!genomes.empty() && std::ranges::find(genomes, genome) == genomes.end())
    throw InputError(where, "holds no genome '" + genome + "', but " + names);
  for (std::size_t i = 0; i < wanted.size(); ++i)
    wanted[i] = wanted[i] && (genomes.empty() || table.genome[i] == genome);
}

}  // namespace

std::int32_t LotFeatures::n_wanted() const {
  return n_features() - static_cast<std::int32_t>(std::ranges::count(key, std::string()));
}

std::string_view without_version(std::string_view id) {
  const auto dot = id.rfind('.');
  return dot != std::string_view::npos && all_digits(id.substr(dot + 1)) ? id.substr(0, dot) : id;
}

bool is_ensembl_gene(std::string_view id) {
  id = without_version(id.substr(0, id.find("_PAR_")));
  constexpr std::size_t digits = 11;
  if (!id.starts_with("ENS") || id.size() < 4 + digits || id[id.size() - digits - 1] != 'G') return false;
  const auto species = id.substr(3, id.size() - digits - 4);
  return all_digits(id.substr(id.size() - digits)) && species.size() <= 5 &&
         std::ranges::all_of(species, [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::vector<std::string> made_unique(std::vector<std::string> names) {
  std::unordered_set<std::string> taken(names.begin(), names.end()), seen;
  std::unordered_map<std::string, int> last;
  for (auto& name : names) {
    if (seen.insert(name).second) continue;
    std::string other;
    do other = name + "-" + std::to_string(++last[name]);
    while (!taken.insert(other).second);
    name = other;
  }
  return names;
}

LotFeatures wanted_features(FeatureTable table, const CellsOptions& options, const Where& where) {
  auto wanted = of_wanted_type(table, options.feature_type, where);
  take_genome_from_ids(table);
  keep_genome(wanted, table, options.genome, where);
  LotFeatures features;
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!wanted[i]) continue;
    const bool ensembl = is_ensembl_gene(table.id[i]);
    keys.emplace_back(ensembl ? without_version(table.id[i]) : table.symbol[i].empty() ? table.id[i] : table.symbol[i]);
    if (keys.back().empty()) throw InputError(where, "feature " + std::to_string(i + 1) + " has neither id nor symbol");
    features.has_ensembl |= ensembl;
  }
  keys = made_unique(std::move(keys));
  features.key.resize(wanted.size());
  for (std::size_t i = 0, next = 0; i < wanted.size(); ++i)
    if (wanted[i]) features.key[i] = std::move(keys[next++]);
  features.symbol = std::move(table.symbol);
  return features;
}

}  // namespace miura::input
