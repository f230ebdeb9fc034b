#pragma once

#include <mpi.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "miura/matrix/composition.hpp"
#include "miura/matrix/embedding.hpp"
#include "miura/matrix/lots.hpp"

namespace miura::app {

/// What a finished study says of its lots, for comparing them.
struct ComparedLots {
  matrix::Lots lots;                  ///< of tables/lots.tsv; replicated, without paths
  std::vector<std::string> clusters;  ///< names, in the order of the composition
  matrix::Composition composition;    ///< of one partition; lots without labelled cells have size 0; replicated
  matrix::Embedding cells;            ///< obsm/X_pca, an even share of the cells a rank
  std::vector<std::int32_t> lot_of;   ///< of this rank's cells
  std::string partition;              ///< of the composition: "integration,resolution,seed"
  bool primary = true;                ///< it is the primary one
  std::vector<double> outside_share;  ///< of each lot's cells, outside of the reference; NaN: not known; empty: of none
  std::vector<std::string> outcomes;  ///< the primary one (or several) of the study
};

/// Reads tables/lots.tsv, tables/composition.tsv and study.h5ad of a result of `miura run`, and where they are there
/// tables/mapped_lots.tsv (outside share) and tables/association.tsv (the primary outcomes). `partition` is
/// "integration,resolution,seed" as in the table; empty: the first, which is the primary one. Collective.
/// NotFoundError, or InputError for what miura did not write; UsageError for a partition that is not there.
ComparedLots read_compared_lots(MPI_Comm comm, const std::filesystem::path& result, const std::string& partition);

}  // namespace miura::app
