#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/matrix/gene_sets.hpp"
#include "miura/matrix/table.hpp"

namespace miura::enrichment {

struct SetSizes {
  std::int64_t least = 5, most = 500;  ///< genes of a set that were tested; smaller and larger sets are not looked at
};

/// Genes that were picked from all those tested.
struct GeneList {
  std::string group = {};      ///< e.g. the cluster; empty where there is but one
  std::string direction = {};  ///< up, down or all
  std::vector<std::string> gene = {};
};

/// A set and a list that share genes.
struct SharedGenes {
  std::int64_t list = 0, set = 0;      ///< indices of the input
  std::int64_t in_set = 0;             ///< K: genes of the set that were tested
  std::vector<std::string> gene = {};  ///< k of them are in the list, in the order of the set
  double log10_p = 0;                  ///< chance of k or more, hypergeometric
  double log10_fdr = 0;                ///< Benjamini-Hochberg over all tested sets of this list
};

struct OverRepresentation {
  std::int64_t universe = 0;                 ///< N: different genes that were tested
  std::int64_t n_sets = 0;                   ///< sets of a size that is looked at: the family of each list
  std::vector<std::int64_t> n_picked = {};   ///< n, one a list: its genes that were tested
  std::vector<std::int64_t> n_unknown = {};  ///< one a list: its genes that were not, and are left out
  std::vector<SharedGenes> rows = {};        ///< k >= 1, by list, then p, then set
};

/// Which gene sets have more genes in a list than drawing as many tested genes at random would give: the hypergeometric
/// upper tail (R: phyper; Fisher's exact test, one-sided). The family are all sets of a fitting size, also those
/// without a gene in the list (gseapy leaves these out, which makes its FDR too small). `universe` are the genes that
/// were tested, not all genes there are; names are compared as they stand. Not collective: the same on every rank.
OverRepresentation over_representation(std::span<const std::string> universe, std::span<const GeneList> lists,
                                       const matrix::GeneSets& sets, const SetSizes& sizes);

/// The rows as the table `enrichment`; columns in docs/methods/enrichment.md.
matrix::Table enrichment_table(const OverRepresentation& found, std::span<const GeneList> lists,
                               const matrix::GeneSets& sets);

/// The lists of tables/markers.tsv: for each cluster the foremost genes up and down, at most `most` of each (0: all in
/// the table), without those that the lots disagree on.
std::vector<GeneList> marker_lists(const matrix::Table& markers, std::int64_t most);

}  // namespace miura::enrichment
