#pragma once

#include <mpi.h>

#include <cstdint>
#include <vector>

#include "miura/matrix/cells.hpp"
#include "miura/matrix/lots.hpp"

namespace miura::qc {

struct ReferenceOptions {
  std::int64_t cells_per_lot = 0;  ///< at most so many of a lot; 0: the median number of cells of the training lots
  std::uint64_t seed = 1;          ///< same seed, same cells, on any number of ranks
};

/// The cells on which variable genes, components and clusters are found.
struct ReferenceCells {
  std::vector<std::uint8_t> mark;  ///< a 1 or 0 for each of this rank's cells
  std::int64_t cells_per_lot = 0;  ///< the limit that was used
  std::int64_t n_cells = 0;        ///< marked on all ranks
};

/// An equal number of cells per lot, so that no large lot leads the reference; shares count all cells afterwards.
///
/// Marks the cells of the lots with role `train`; of a lot with more cells than the limit those with the smallest
/// stats::hash_text(seed, lot id + '\0' + barcode), ties in canonical order. So a cell's choice depends on its own
/// name and on its lot alone: neither on the order of input nor on the layout. The median is over training lots that
/// have cells; of an even number, the lower whole number between the middle two. InputError if no training lot has a
/// cell. Collective; a rank holds the hashes of whole lots, one lot in `ranks`.
ReferenceCells reference_cells(MPI_Comm comm, const matrix::DistributedCells& cells, const matrix::Lots& lots,
                               const ReferenceOptions& options);

}  // namespace miura::qc
