#include <algorithm>
#include <limits>

#include "app/stages.hpp"
#include "app/stop_request.hpp"
#include "miura/knn/search.hpp"
#include "miura/matrix/moved_rows.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/umap/fuzzy_graph.hpp"
#include "miura/umap/layout.hpp"
#include "miura/umap/place.hpp"

namespace miura::app {

namespace {

/// The places of the marked cells, in their order, among those of all my cells.
void enter(matrix::Embedding& all, std::span<const std::uint8_t> marked, const matrix::Embedding& places) {
  auto next = places.value.begin();
  for (std::int64_t i = 0; i < std::ssize(marked); ++i)
    if (marked[i]) {
      std::copy_n(next, 2, all.value.begin() + 2 * i);
      next += 2;
    }
}

/// The plane is laid out by all ranks alike, whoever owns the cells of a lot.
parallel::Partition even(MPI_Comm comm, const parallel::Partition& cells) {
  return parallel::Partition::even(cells.size(), parallel::size_of(comm));
}

matrix::Embedding laid_out(MPI_Comm comm, const matrix::Neighbors& nearest, const RunOptions& o) {
  auto options = o.umap;
  options.safe_point = stop_if_requested;
  const auto shared = matrix::moved(comm, nearest, even(comm, nearest.queries));
  const auto graph = umap::fuzzy_graph(comm, shared, {.k = nearest.k + 1});
  return matrix::moved(comm, umap::layout(comm, graph, options), nearest.queries);
}

}  // namespace

matrix::Embedding placed_in_layout(MPI_Comm comm, const LayoutReference& reference, const matrix::Embedding& cells,
                                   const RunOptions& o) {
  const auto shared = matrix::moved(comm, cells, even(comm, cells.points));
  const auto nearest =
      knn::nearest(comm, reference.coordinates, shared, {.k = o.shared.k, .safe_point = stop_if_requested});
  umap::PlaceOptions options{.k = o.shared.k,
                             .min_dist = o.umap.min_dist,
                             .spread = o.umap.spread,
                             .negatives = o.umap.negatives,
                             .seed = o.umap.seed};
  if (o.umap.epochs > 0) options.epochs = o.umap.epochs / 3;  // as umap-learn
  return matrix::moved(comm, umap::place(comm, nearest, reference.layout, options), cells.points);
}

UmapStage umap_stage(MPI_Comm comm, const Study& study, const RunOptions& o) {
  if (!o.umap_layout) return {};
  const auto& in_reference = study.genes.reference;
  const auto& lot_of = study.cells.cells.mine.lot;
  std::vector<std::uint8_t> trains(in_reference.size()), mapped(in_reference.size());
  for (std::size_t i = 0; i < lot_of.size(); ++i) {
    const bool of_training = study.lots[lot_of[i]].role == "train";
    trains[i] = of_training && !in_reference[i] ? 1 : 0;
    mapped[i] = of_training ? 0 : 1;
  }
  LayoutReference reference{marked_rows(comm, study.coordinates(), in_reference),
                            laid_out(comm, study.neighbors.nearest, o)};

  constexpr float nowhere = std::numeric_limits<float>::quiet_NaN();
  UmapStage stage;
  stage.cells = {study.cells.cells.partition, 2, std::vector<float>(2 * in_reference.size(), nowhere)};
  enter(stage.cells, in_reference, reference.layout);
  enter(stage.cells, trains, placed_in_layout(comm, reference, marked_rows(comm, study.coordinates(), trains), o));
  // Cells of other lots are not integrated: they find their neighbours by the components, as they do when mapped.
  if (study.integrated.by != "none") reference.coordinates = marked_rows(comm, study.pca.scores, in_reference);
  enter(stage.cells, mapped, placed_in_layout(comm, reference, marked_rows(comm, study.pca.scores, mapped), o));
  return stage;
}

}  // namespace miura::app
