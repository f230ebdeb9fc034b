#pragma once

#include <mpi.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "miura/parallel/traffic.hpp"

namespace miura::app {

/// Time, memory and messages of one finished or resumed stage.
struct StageRecord {
  std::string name, hash;
  double seconds = 0;      ///< wall time; 0 when it was resumed from its checkpoint
  double cpu_seconds = 0;  ///< as cpu_seconds_since(); 0 when it was resumed
  double peak_gib = 0;     ///< largest resident memory of any rank so far
  bool resumed = false;
  parallel::Traffic traffic{};  ///< as traffic_since(); all zero when it was resumed
};

/// Largest resident memory of any rank so far, GiB. Collective.
double peak_memory_gib(MPI_Comm comm);

/// CPU time of this process and its threads so far, user and system, in seconds.
double cpu_seconds_so_far();
/// What all ranks have taken since then; a rank that waits for messages is busy. Collective.
double cpu_seconds_since(MPI_Comm comm, double then);

/// What the rank that has sent and received most since then has. Collective.
parallel::Traffic traffic_since(MPI_Comm comm, const parallel::Traffic& then);
/// As it stands in a provenance.json.
nlohmann::ordered_json describe(const parallel::Traffic& traffic);

/// UTC, as 2026-01-31T12:00:00Z.
std::string utc_now();

/// Versions: mpi, hdf5, petsc, slepc. Not collective.
nlohmann::ordered_json libraries();

/// What provenance.json says of the machine and the libraries: ranks, threads, hosts, versions.
nlohmann::ordered_json describe_machine(MPI_Comm comm);

/// provenance.json of a result folder, its fields in their order; of a file that is missing or no JSON: is_discarded().
nlohmann::ordered_json read_provenance(const std::filesystem::path& folder);

/// The text of a provenance.json: the record, and last in it the SHA-256 of all before, so that the record of all
/// checksums is not the one file without any.
std::string sealed(nlohmann::ordered_json record);
/// Whether this is, byte for byte, what sealed() made.
bool is_sealed(const std::string& text);

/// SHA-256 of every regular file below a folder, by its path relative to it; those that are known are not read.
std::map<std::string, std::string> digests_below(const std::filesystem::path& folder,
                                                 std::map<std::string, std::string> known = {});

}  // namespace miura::app
