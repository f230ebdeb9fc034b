#pragma once

#include <mpi.h>

#include <map>
#include <span>
#include <string>
#include <vector>

#include "app/run_options.hpp"
#include "app/study.hpp"
#include "miura/permutation/relabelings.hpp"
#include "miura/sources/marker_expression.hpp"

namespace miura::app {

/// The one cluster whose share is looked at in mapped lots, chosen before they are: by name, or as the one with the
/// strongest evidence of the primary family.
struct Declaration {
  std::string cluster;                                  ///< empty: nothing to declare
  std::int32_t label = -1;                              ///< its place among the labels that are transferred
  bool significant = false;                             ///< whether the training lots declare it at `alpha`
  std::map<std::string, permutation::Side> hypothesis;  ///< by outcome: the sign that rho has over training lots
};

/// From tables/association.tsv of the training lots; `transferred` and `label_name` as in MappingStage. UsageError for
/// a cluster that is none of the labels.
Declaration declare(const matrix::Table& association, const std::string& transferred,
                    std::span<const std::string> label_name, const std::string& wanted, double alpha);

/// The genes of [sources] markers: "LRRC75A, COL1A1=1.5" with the expression from which on a cell is high.
std::vector<sources::Marker> chosen_markers(const RunOptions& o);

/// The same with the ids of the genes, found by symbol or id; none for a gene that is not among `features`.
std::vector<sources::Marker> chosen_markers(const RunOptions& o, const matrix::Features& features);

/// Whether the chosen markers are genes of the study: UsageError, with the nearest name, for one that no file has; a
/// warning for one that the quality control dropped. Called as soon as the genes are known, long before they are used.
void check_markers(const RunOptions& o, const CellsStage& cells);

/// What the mapped lots show, with lots and cells of training and mapped lots alike.
struct MappedLots {
  const matrix::Lots& lots;
  const matrix::Composition& composition;  ///< of the labels
  std::span<const association::Outcome> outcomes;
  sources::MarkerCells markers;
  std::string reference_source;
  const matrix::Table& mapped_lots;  ///< tables/mapped_lots.tsv
};

/// tables/mapped_association.tsv and the tables of markers by source. Collective.
std::vector<matrix::Table> source_tables(MPI_Comm comm, const MappedLots& mapped, const Declaration& declaration,
                                         std::span<const sources::Marker> markers, const RunOptions& o);

/// Counts markers in the cells of a study, by its lots; `label` of all my cells. Collective.
sources::MarkerCells count_markers_of(MPI_Comm comm, const Study& study, std::span<const std::int32_t> label,
                                      std::int32_t declared, std::span<const sources::Marker> markers,
                                      const RunOptions& o);

/// The source that most training lots are of.
std::string source_of_training(const matrix::Lots& lots);

}  // namespace miura::app
