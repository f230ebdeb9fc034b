#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "app/run_options.hpp"
#include "app/study.hpp"
#include "miura/transfer/rejection.hpp"

namespace miura::app {

/// What lots are mapped onto: the reference cells of a study, in hand or read from its file. This rank's part.
struct MappingReference {
  transfer::Reference cells;
  std::vector<std::string> label_name;
  std::string transferred;            ///< what the labels are
  std::vector<std::int32_t> checked;  ///< features of the components by which anchors are checked, ascending
  transfer::HeldOutScores held_out;   ///< of `cells`
  matrix::Lots lots;                  ///< those of `cells.lot`
};

/// A mapping of `n` cells that says nothing of them yet.
MappingStage blank_mapping(const MappingReference& reference, std::size_t n);

/// The labels that [mapping] label names, of the cells of training lots. UsageError for a name that is not known.
matrix::Labeling transferred_labels(const Study& study, const RunOptions& o);

/// The features by which anchors are checked; none in compressed mode. Not collective.
std::vector<std::int32_t> checked_features(const pca::Model& model, const RunOptions& o);

/// Those features of all cells, and dense of the marked ones (collective).
matrix::GridMatrix checked_grid(const Study& study, std::span<const std::int32_t> checked, const RunOptions& o);
matrix::Embedding dense_rows(MPI_Comm comm, const matrix::GridMatrix& grid, std::span<const std::uint8_t> marked);

/// Cells of every lot by label, named as the labels are. Collective.
matrix::Composition mapped_composition(MPI_Comm comm, const Study& study, const MappingStage& mapping,
                                       const matrix::Labeling& of);

/// Maps the lots of a study that are marked, one at a time, and judges which of their cells belong, by how the
/// reference lots fare when they are held out. `study` has the cells, variable genes and scores. A lot's rows depend on
/// no other lot. `checked` are the `checked_grid` of the study. The composition is left to the caller. Collective.
MappingStage map_lots(MPI_Comm comm, MappingReference reference, const Study& study, const matrix::GridMatrix& checked,
                      std::span<const std::uint8_t> mapped, const RunOptions& o);

/// What a user must not overlook of the lots in a table `mapped_lots`: those that are not of the reference's kind.
std::vector<std::string> mapping_warnings(const matrix::Table& lots);

}  // namespace miura::app
