#pragma once

#include <mpi.h>

#include <span>

namespace miura::neighborhood {

/// Median of the values of all ranks that are not NaN (the mean of the middle two where their number is even), NaN if
/// there are none: what numpy.nanmedian gives, on any number of ranks. Collective; no rank sees the others' values.
double median_over_ranks(MPI_Comm comm, std::span<const double> mine);

}  // namespace miura::neighborhood
