#pragma once

#include <mpi.h>

#include <filesystem>

namespace miura::app {

/// Adds the lots of a result of `miura map` to the collection of a study: one folder whose lots.tsv, composition.tsv
/// and mapped_lots.tsv hold all lots that were ever mapped onto it, beside those of the study itself. lots.tsv tells in
/// `result` where the cells of a lot are. A lot that is mapped again replaces its older rows. The tables are replaced
/// whole, one run at a time. Collective. Error(cannot_create) if the folder cannot be made or is in use.
void add_to_collection(MPI_Comm comm, const std::filesystem::path& collection, const std::filesystem::path& study,
                       const std::filesystem::path& result);

}  // namespace miura::app
