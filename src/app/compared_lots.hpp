#pragma once

#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "miura/matrix/composition.hpp"
#include "miura/matrix/embedding.hpp"
#include "miura/matrix/lots.hpp"

namespace miura::app {

/// A file with cells of some of the lots.
struct CellFile {
  std::filesystem::path path;
  std::int64_t first = 0, n_cells = 0;  ///< its rows among those of all files
};

/// What a finished study says of its lots, for comparing them; with lots that were mapped onto it.
struct ComparedLots {
  matrix::Lots lots;                  ///< of tables/lots.tsv; replicated, without paths
  std::vector<std::string> clusters;  ///< names, in the order of the composition
  matrix::Composition composition;    ///< of one partition; lots without labelled cells have size 0; replicated
  std::vector<CellFile> files;        ///< one behind the other
  matrix::Embedding cells;            ///< obsm/X_pca, an even share of the cells of all files a rank
  std::vector<std::int32_t> lot_of;   ///< of this rank's cells
  std::string partition;              ///< of the composition: "integration,resolution,seed"
  bool primary = true;                ///< it is the primary one
  std::vector<double> outside_share;  ///< of each lot's cells, outside of the reference; NaN: not known; empty: of none
  std::vector<std::string> outcomes;  ///< the primary one (or several) of the study
};

/// Calls visit(file, first row in it, rows) for what a rank holds of the files.
template <class Visit>
void for_each_piece(const ComparedLots& study, int rank, Visit&& visit) {
  const auto begin = study.cells.points.begin(rank), end = begin + study.cells.points.n_local(rank);
  for (const auto& file : study.files) {
    const auto from = std::max(begin, file.first), to = std::min(end, file.first + file.n_cells);
    if (from < to) visit(file, from - file.first, to - from);
  }
}

/// Reads tables/lots.tsv, tables/composition.tsv and study.h5ad of a result of `miura run`, and where they are there
/// tables/mapped_lots.tsv (outside share) and tables/association.tsv (the primary outcomes); then the same of results
/// of `miura map` of further lots onto that study. `partition` is "integration,resolution,seed" as in the table; empty:
/// the first, which is the primary one. Collective. NotFoundError, or InputError for what miura did not write or lots
/// that are there twice; UsageError for a partition that is not there or was not mapped.
ComparedLots read_compared_lots(MPI_Comm comm, const std::filesystem::path& result,
                                const std::vector<std::string>& mapped, const std::string& partition);

}  // namespace miura::app
