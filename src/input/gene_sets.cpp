#include "miura/input/gene_sets.hpp"

#include <map>
#include <unordered_set>

#include "miura/base/error.hpp"
#include "miura/input/delimited.hpp"

namespace miura::input {

namespace {

/// GO_BP of lists/GO_BP.gmt.gz
std::string name_of(std::filesystem::path path) {
  if (path.extension() == ".gz") path.replace_extension();
  return path.stem().string();
}

}  // namespace

matrix::GeneSets read_gene_sets(const std::filesystem::path& path) {
  DelimitedText text({path}, {.separator = '\t', .quotes = false});
  const auto collection = name_of(path);
  matrix::GeneSets sets;
  std::map<std::string, std::int64_t> row_of;
  while (const auto fields = text.next()) {
    if (fields->size() < 2)
      throw InputError(text.where(),
                       "has a name alone; a row of a GMT file is name, description and genes between tabs");
    auto& set = sets.emplace_back();
    set.collection = collection;
    set.name = (*fields)[0];
    set.description = (*fields)[1];
    if (set.name.empty()) throw InputError(text.where(), "the set has no name");
    const auto [earlier, is_new] = row_of.try_emplace(set.name, text.where().row);
    if (!is_new)
      throw InputError(text.where(),
                       "set '" + set.name + "' is there already, in row " + std::to_string(earlier->second));
    std::unordered_set<std::string_view> seen;
    for (const auto gene : fields->subspan(2))
      if (!gene.empty() && seen.insert(gene).second) set.gene.emplace_back(gene);
  }
  if (sets.empty()) throw InputError({path}, "holds no gene sets");
  return sets;
}

}  // namespace miura::input
