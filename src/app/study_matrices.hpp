#pragma once

#include "app/study.hpp"
#include "miura/hdf5/writer.hpp"

namespace miura::app {

/// X, log-normalised by `scale`, and layers/counts. Collective.
void write_counts(const hdf5::ParallelFile& file, const Study& study, double scale, const hdf5::Group& layers);
/// The same of a cell x feature table: z-scores, cut at `clip`, in X, the values as they came in layers/values.
void write_table(const hdf5::ParallelFile& file, const Study& study, double clip, const hdf5::Group& layers);
/// obsp: distances to the nearest reference cells, and the graph of shared neighbours. Collective.
void write_graphs(const hdf5::ParallelFile& file, const Study& study);

}  // namespace miura::app
