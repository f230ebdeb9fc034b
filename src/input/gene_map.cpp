#include "miura/input/gene_map.hpp"

#include <algorithm>

#include "miura/base/error.hpp"
#include "miura/input/delimited.hpp"

namespace miura::input {

std::map<std::string, std::string> read_gene_map(const std::filesystem::path& path) {
  DelimitedText text({path});
  const auto header = text.next();
  if (!header) throw InputError({path}, "is empty");
  if (header->size() < 2) throw InputError(text.where(), "needs two columns, probe and gene");
  const auto named = std::ranges::find(*header, "gene") - header->begin();
  const auto column = named > 0 && named < std::ssize(*header) ? named : 1;
  std::map<std::string, std::string> gene;
  while (const auto fields = text.next()) {
    if (std::ssize(*fields) <= column) throw InputError(text.where(), "has no gene");
    if (is_missing((*fields)[column])) continue;
    const auto [at, is_new] = gene.try_emplace(std::string(fields->front()), (*fields)[column]);
    if (!is_new && at->second != (*fields)[column])
      throw InputError(text.where(), "probe '" + at->first + "' has two genes, " + at->second + " and " +
                                         std::string((*fields)[column]));
  }
  return gene;
}

}  // namespace miura::input
