#pragma once

#include <mpi.h>

#include "app/publication.hpp"
#include "app/study.hpp"
#include "miura/report/cell_map.hpp"

namespace miura::app {

/// The cells in the plane as the page draws them, on rank 0; nothing elsewhere, and where there is no layout. Of more
/// than a million cells about a million are taken by their hash, of more than 255 clusters the first. The genes are
/// those that sources.markers names and the foremost markers of each cluster. Collective.
report::CellMap cell_map(MPI_Comm comm, const Study& study, const Publication& p);

}  // namespace miura::app
