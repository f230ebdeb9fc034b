#pragma once

#include <mpi.h>

#include <filesystem>
#include <map>
#include <string>

#include "app/mapping.hpp"
#include "app/run_options.hpp"
#include "app/study.hpp"

namespace miura::app {

/// A finished study as others are mapped onto it: all of it stands in its study.h5ad.
struct StudyReference {
  std::map<std::string, std::string> settings;  ///< the scientific ones, as the study was made with
  bool is_table = false;
  matrix::Features features, dropped;  ///< genes of the study; those that only its quality control has counted
  GenesStage genes;                    ///< without marks of cells
  pca::Model model;
  MappingReference mapping;         ///< an even share of the reference cells a rank; its lots are those of the study
  LayoutReference layout;           ///< of the reference cells, an even share a rank; empty where the study has none
  matrix::Table association;        ///< of the training lots; no columns where nothing was tested
  Study own;                        ///< the cells of the study with their counts or table, an even share a rank
  std::vector<std::int32_t> label;  ///< of these cells; -1: unassigned
  std::string integration;          ///< of the partition whose labels are transferred
  double resolution = 0;
  std::uint64_t seed = 0;
};

/// The settings of a finished study. Every rank may call it. NotFoundError, or InputError for what miura did not write.
std::map<std::string, std::string> read_study_settings(const std::filesystem::path& file);

/// Reads the rest; `o` holds the study's settings. Reference lots are mapped onto each other where the study has not
/// done so. Collective; errors as above.
StudyReference read_study_reference(MPI_Comm comm, const std::filesystem::path& file, const RunOptions& o);

}  // namespace miura::app
