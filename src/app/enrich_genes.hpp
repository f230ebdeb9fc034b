#pragma once

#include <mpi.h>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "app/enrich_options.hpp"
#include "miura/enrichment/outcome_scores.hpp"
#include "miura/enrichment/over_representation.hpp"
#include "miura/matrix/gene_sets.hpp"
#include "miura/matrix/table.hpp"
#include "miura/permutation/relabelings.hpp"

namespace miura::app {

/// Genes and sets as read: lists of picked genes, ranked lists, or both.
struct GeneStudy {
  matrix::GeneSets sets;
  std::vector<std::string> universe;
  std::vector<enrichment::GeneList> lists;
  std::vector<enrichment::RankedAnalysis> ranked;  ///< scores; nothing is found yet
  enrichment::LotRelabelings relabelings;          ///< of the one ranked list, where lots are known
  std::vector<std::filesystem::path> inputs;
  std::vector<std::string> warnings;
};

/// The gene sets of several files. UsageError where two files have the same name, by which their sets are known. Not
/// collective.
matrix::GeneSets read_collections(std::span<const std::filesystem::path> files);

/// Every gene of some set, once; names belong to the sets.
std::unordered_set<std::string_view> genes_in(const matrix::GeneSets& sets);

/// How samples change labels, within equal labels of `stratum` (empty: all with all): all relabelings where they are
/// not more than those that would be drawn.
permutation::Relabelings relabelings_of_samples(std::int64_t n_samples, std::span<const std::string> stratum,
                                                std::int64_t permutations, std::uint64_t seed);

/// What became of each list, as the table `enrichment_lists`: how many of its genes counted, how many sets were found.
matrix::Table list_table(const enrichment::OverRepresentation& found, const std::vector<enrichment::GeneList>& lists);

/// Reads everything. Not collective.
GeneStudy read_gene_study(const EnrichOptions& o);

/// Tests; adds to `told` what a person wants to read at the end. Collective.
std::vector<matrix::Table> enrich_genes(MPI_Comm comm, const EnrichOptions& o, GeneStudy& study, std::string& told);

}  // namespace miura::app
