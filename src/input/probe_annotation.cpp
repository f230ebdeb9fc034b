#include "miura/input/probe_annotation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "miura/base/error.hpp"
#include "miura/input/delimited.hpp"

namespace miura::input {

namespace {

using matrix::ProbeAnnotation;

struct Columns {
  std::size_t probe = 0, gene = 0, region = 0;
  std::size_t chromosome = 0, position = 0;
  bool has_places = false;
};

std::size_t find_column(std::span<const std::string_view> header, std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    const auto at = std::ranges::find(header, name);
    if (at != header.end()) return at - header.begin();
  }
  return header.size();
}

/// Reads up to the line of column names.
Columns find_columns(DelimitedText& text, const std::filesystem::path& path) {
  constexpr int most_lines = 50;  // a manifest's heading has eight
  for (int line = 0; line < most_lines; ++line) {
    const auto fields = text.next();
    if (!fields) break;
    Columns columns{
        find_column(*fields, {"probe", "IlmnID", "Name", "ID"}), find_column(*fields, {"gene", "UCSC_RefGene_Name"}),
        find_column(*fields, {"region_class", "UCSC_RefGene_Group"}),
        find_column(*fields, {"chromosome", "chrom", "CHR"}), find_column(*fields, {"position", "MAPINFO"})};
    columns.has_places = std::max(columns.chromosome, columns.position) < fields->size();
    if (std::max({columns.probe, columns.gene, columns.region}) < fields->size()) return columns;
  }
  throw InputError({path},
                   "has no columns probe, gene and region_class (or IlmnID, UCSC_RefGene_Name and "
                   "UCSC_RefGene_Group)");
}

std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> items;
  for (std::size_t from = 0; !list.empty() && from <= list.size();) {
    const auto to = std::min(list.find(';', from), list.size());
    items.push_back(list.substr(from, to - from));
    from = to + 1;
  }
  return items;
}

/// Numbers names in the order in which they come.
class Names {
public:
  explicit Names(std::vector<std::string>& names) : names_(names) {}
  std::int32_t number_of(std::string_view name) {
    if (name.empty()) return -1;
    const auto [at, is_new] = number_.try_emplace(std::string(name), static_cast<std::int32_t>(names_.size()));
    if (is_new) names_.push_back(at->first);
    return at->second;
  }

private:
  std::vector<std::string>& names_;
  std::unordered_map<std::string, std::int32_t> number_;
};

/// -1 where there is none.
std::int64_t position_of(std::string_view text, const DelimitedText& file) {
  if (text.empty()) return -1;
  const auto position = parse_number(text);
  if (!position || !(*position >= 1.0) || *position != std::floor(*position))
    throw InputError(file.where("position"), "'" + std::string(text) + "' is no position: bases count from 1");
  return static_cast<std::int64_t>(*position);
}

/// Regions from upstream to downstream, whatever probe is named first.
constexpr std::array<std::string_view, 6> along_the_gene{"TSS1500", "TSS200", "5'UTR", "1stExon", "Body", "3'UTR"};

}  // namespace

ProbeAnnotation read_probe_annotation(const std::filesystem::path& path, std::span<const std::string> probes) {
  std::unordered_map<std::string_view, std::vector<std::int64_t>> rows_of;
  for (std::int64_t f = 0; f < std::ssize(probes); ++f) rows_of[probes[f]].push_back(f);

  ProbeAnnotation annotation;
  annotation.listed.resize(probes.size());
  Names genes(annotation.gene), regions(annotation.region), chromosomes(annotation.chromosome);
  for (const auto region : along_the_gene) regions.number_of(region);
  std::vector<std::vector<ProbeAnnotation::Entry>> entries(probes.size());
  DelimitedText text({path});
  const auto columns = find_columns(text, path);
  if (columns.has_places) annotation.place.resize(probes.size());
  while (const auto fields = text.next()) {
    if (fields->front() == "[Controls]") break;
    if (fields->size() <= std::max({columns.probe, columns.gene, columns.region}))
      throw InputError(text.where(), "has too few fields");
    const auto rows = rows_of.find((*fields)[columns.probe]);
    if (rows == rows_of.end()) continue;
    const auto gene = split((*fields)[columns.gene]), region = split((*fields)[columns.region]);
    if (gene.size() != region.size() && !gene.empty() && !region.empty())
      throw InputError(text.where("region_class"), "names " + std::to_string(region.size()) + " regions of " +
                                                       std::to_string(gene.size()) + " genes");
    for (const auto row : rows->second) annotation.listed[row] = 1;
    if (columns.has_places && std::max(columns.chromosome, columns.position) < fields->size()) {
      const ProbeAnnotation::Place place{chromosomes.number_of((*fields)[columns.chromosome]),
                                         position_of((*fields)[columns.position], text)};
      for (const auto row : rows->second)
        if (annotation.place[row].position < 0) annotation.place[row] = place;
    }
    for (std::size_t i = 0; i < std::max(gene.size(), region.size()); ++i) {
      const ProbeAnnotation::Entry entry{gene.empty() ? -1 : genes.number_of(gene[i]),
                                         region.empty() ? -1 : regions.number_of(region[i])};
      for (const auto row : rows->second)
        if (std::ranges::find(entries[row], entry) == entries[row].end()) entries[row].push_back(entry);
    }
  }
  for (const auto& of_probe : entries) {
    annotation.entry.insert(annotation.entry.end(), of_probe.begin(), of_probe.end());
    annotation.start.push_back(std::ssize(annotation.entry));
  }
  return annotation;
}

}  // namespace miura::input
