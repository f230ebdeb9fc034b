#pragma once

#include <mpi.h>

#include <filesystem>
#include <string>
#include <vector>

#include "app/enrich_options.hpp"
#include "miura/enrichment/outcome_scores.hpp"
#include "miura/enrichment/over_representation.hpp"
#include "miura/matrix/gene_sets.hpp"
#include "miura/matrix/table.hpp"

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

/// Reads everything. Not collective.
GeneStudy read_gene_study(const EnrichOptions& o);

/// Tests; adds to `told` what a person wants to read at the end. Collective.
std::vector<matrix::Table> enrich_genes(MPI_Comm comm, const EnrichOptions& o, GeneStudy& study, std::string& told);

}  // namespace miura::app
