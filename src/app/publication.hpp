#pragma once

#include <mpi.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "app/provenance.hpp"
#include "app/study.hpp"

namespace miura::app {

/// What the result folder says of a run besides the study itself.
struct Publication {
  std::string command = "run";
  std::filesystem::path out;
  std::string name;
  std::map<std::string, std::string> settings;
  double scale = 1e4;
  double alpha = 0.05;
  std::map<std::string, std::string> inputs;  ///< SHA-256 by file
  std::vector<StageRecord> stages;
  std::string report_hash;
};

/// Writes study.h5ad, tables/, report.html, report.cbor and provenance.json beside, then puts each in place. Until all
/// of them are on the disk an older result stays as it is. Collective.
void publish_study(MPI_Comm comm, const Study& study, const Publication& p);

/// Puts in place what a run that was killed had wholly written but not wholly put in place, so that the folder holds
/// one result, not parts of two; clears away what it had not wholly written. Collective.
void finish_publication(MPI_Comm comm, const std::filesystem::path& out);

/// Whether the folder holds the whole result of a run with this hash, each file unharmed. Collective.
bool already_published(MPI_Comm comm, const std::filesystem::path& out, const std::string& report_hash);

}  // namespace miura::app
