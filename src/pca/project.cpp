#include <algorithm>
#include <array>
#include <cassert>
#include <span>
#include <stdexcept>
#include <vector>

#include "miura/parallel/communicator.hpp"
#include "miura/pca/fit.hpp"
#include "pca/reference.hpp"
#include "pca/weighted_rows.hpp"

namespace miura::pca {

namespace {

/// Loadings as the scores need them: by grid step, in panels of `panel_width` components, zeros behind the last.
struct Panels {
  std::int32_t n;
  std::vector<double> weight;  ///< panels x features x panel_width
  std::vector<double> start;   ///< panels x panel_width: the scores of a cell in which nothing is stored
};

Panels panels_of(const Model& model, const Scaling& scaling) {
  const std::int64_t p = model.n_features, k = model.n_components;
  const auto n = static_cast<std::int32_t>((k + panel_width - 1) / panel_width);
  Panels panels{n, std::vector<double>(n * p * panel_width), std::vector<double>(n * panel_width)};
  for (std::int32_t j = 0; j < p; ++j) {
    if (scaling.sd[j] == 0) continue;
    const double unit = 1.0 / (matrix::grid_steps * scaling.sd[j]);
    const double z = scaling.z_of_zero(j) - model.center[j];
    for (std::int32_t c = 0; c < k; ++c) {
      const double loading = model.loadings[j * k + c];
      panels.weight[((c / panel_width) * p + j) * panel_width + c % panel_width] = loading * unit;
      panels.start[c] += loading * z;
    }
  }
  return panels;
}

}  // namespace

matrix::Embedding project([[maybe_unused]] MPI_Comm comm, const matrix::GridMatrix& x, const Model& model) {
  assert(x.cells.n_local(parallel::rank_of(comm)) == x.n_local());
  if (x.n_features != model.n_features) throw std::logic_error("pca: the matrix has other features than the model");
  const Scaling scaling{model.mean, model.sd, model.ceiling};
  const auto panels = panels_of(model, scaling);
  const std::int64_t p = model.n_features, k = model.n_components, n_cells = x.n_local();
  matrix::Embedding scores{x.cells, model.n_components, std::vector<float>(n_cells * k)};
  std::vector<WeightedRow> cell(p);
#pragma omp parallel for schedule(static) firstprivate(cell) num_threads(threads_for(std::ssize(x.column)))
  for (std::int64_t i = 0; i < n_cells; ++i) {
    const auto from = x.row_start[i], n = x.row_start[i + 1] - from;
    for (std::int64_t s = 0; s < n; ++s) {
      const auto feature = x.column[from + s];
      cell[s] = {static_cast<double>(scaling.cut(feature, x.value[from + s])), feature};
    }
    for (std::int32_t panel = 0; panel < panels.n; ++panel) {
      std::array<double, panel_width> sum;
      std::copy_n(panels.start.data() + panel * panel_width, panel_width, sum.begin());
      add_weighted_rows(panels.weight.data() + panel * p * panel_width, std::span(cell).first(n), sum.data());
      const auto first = std::int64_t{panel} * panel_width;
      for (auto c = first; c < std::min(first + panel_width, k); ++c)
        scores.value[i * k + c] = static_cast<float>(sum[c - first]);
    }
  }
  return scores;
}

}  // namespace miura::pca
