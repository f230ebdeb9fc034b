#include "umap/spectral_start.hpp"

#include <slepceps.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <numbers>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>

#include "miura/base/error.hpp"
#include "miura/linalg/petsc.hpp"
#include "miura/linalg/symmetric_eigen.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "umap/coarse_graph.hpp"

namespace miura::umap {

namespace {

using linalg::Owned;

constexpr double extent = 5;  // umap-learn's: both axes 10 long

/// One connected part of the coarse graph, as the random walk on it: S = D^-1/2 W D^-1/2, rows by local index.
struct Walks {
  std::vector<std::int32_t> vertex;  ///< groups, ascending
  std::int64_t size = 0;             ///< vertices of the large graph
  std::vector<PetscInt> row_start{0}, column;
  std::vector<double> value;
  std::vector<double> root_degree;  ///< D^1/2: the eigenvector of eigenvalue 1
};

/// The connected parts, the largest first, ties by their first group.
std::vector<Walks> connected_parts(const CoarseGraph& graph) {
  std::vector<Walks> parts;
  std::vector<std::int32_t> part(graph.n_groups, -1), local(graph.n_groups, 0);
  for (std::int32_t start = 0; start < graph.n_groups; ++start) {
    if (part[start] >= 0) continue;
    auto& walks = parts.emplace_back();
    const auto number = static_cast<std::int32_t>(std::ssize(parts) - 1);
    part[start] = number;
    walks.vertex.push_back(start);
    for (std::size_t next = 0; next < walks.vertex.size(); ++next) {
      const auto g = walks.vertex[next];
      walks.size += graph.size[g];
      for (auto e = graph.row_start[g]; e < graph.row_start[g + 1]; ++e)
        if (part[graph.neighbor[e]] < 0) {
          part[graph.neighbor[e]] = number;
          walks.vertex.push_back(graph.neighbor[e]);
        }
    }
    std::ranges::sort(walks.vertex);
  }
  std::ranges::stable_sort(parts, std::greater{}, &Walks::size);
  for (auto& walks : parts) {
    for (std::size_t i = 0; i < walks.vertex.size(); ++i) {
      const auto g = walks.vertex[i];
      local[g] = static_cast<std::int32_t>(i);
      const auto from = graph.weight.begin() + graph.row_start[g], to = graph.weight.begin() + graph.row_start[g + 1];
      walks.root_degree.push_back(std::sqrt(static_cast<double>(std::accumulate(from, to, std::int64_t{0}))));
    }
    for (std::size_t i = 0; i < walks.vertex.size(); ++i) {
      const auto g = walks.vertex[i];
      for (auto e = graph.row_start[g]; e < graph.row_start[g + 1]; ++e) {
        const auto j = local[graph.neighbor[e]];
        walks.column.push_back(j);
        walks.value.push_back(static_cast<double>(graph.weight[e]) / (walks.root_degree[i] * walks.root_degree[j]));
      }
      walks.row_start.push_back(static_cast<PetscInt>(walks.column.size()));
    }
  }
  return parts;
}

using Axes = std::array<std::vector<double>, 2>;  ///< two eigenvectors of S

/// By LAPACK, for parts so small that a Krylov space would be all of theirs.
Axes dense_axes(const Walks& walks) {
  const auto n = static_cast<std::int32_t>(walks.vertex.size());
  std::vector<double> matrix(std::int64_t{n} * n, 0.0);
  for (std::int32_t i = 0; i < n; ++i)
    for (auto e = walks.row_start[i]; e < walks.row_start[i + 1]; ++e)
      matrix[std::int64_t{i} * n + walks.column[e]] = walks.value[e];
  const auto pairs = linalg::largest_eigenpairs(std::move(matrix), n, std::min(n, 3));
  Axes axes;
  for (std::int32_t k = 1; k <= 2; ++k) {
    axes[k - 1].assign(n, 0.0);
    if (k < n) std::copy_n(pairs.vector.begin() + std::int64_t{k} * n, n, axes[k - 1].begin());
  }
  return axes;
}

/// A vector of PETSc with given content.
void fill(Vec vector, std::span<const double> content) {
  PetscScalar* value = nullptr;
  linalg::check_petsc(VecGetArrayWrite(vector, &value), "open a vector");
  std::ranges::copy(content, value);
  linalg::check_petsc(VecRestoreArrayWrite(vector, &value), "close a vector");
}

/// By SLEPc's Krylov-Schur (Stewart 2001), orthogonal to the eigenvector that is known. On this rank alone.
Axes krylov_axes(Walks& walks) {
  constexpr double tolerance = 1e-5;  // of the residual; it is but a start
  constexpr PetscInt basis = 60, most_restarts = 2000;
  const auto n = static_cast<PetscInt>(walks.vertex.size());
  const linalg::SingleThreadBlas one_thread;
  const linalg::QuietPetscErrors quiet;
  Owned<Mat, MatDestroy> matrix;
  Owned<Vec, VecDestroy> known, start, found;
  Owned<EPS, EPSDestroy> eps;
  linalg::check_petsc(MatCreateSeqAIJWithArrays(PETSC_COMM_SELF, n, n, walks.row_start.data(), walks.column.data(),
                                                walks.value.data(), matrix.address()),
                      "make the matrix of the graph");
  linalg::check_petsc(MatCreateVecs(matrix, known.address(), start.address()), "make a vector");
  linalg::check_petsc(MatCreateVecs(matrix, found.address(), nullptr), "make a vector");
  fill(known, walks.root_degree);
  std::vector<double> wave(n);  // no direction is special, none is orthogonal to it by design
  for (PetscInt i = 0; i < n; ++i) wave[i] = 1.0 + 0.5 * std::sin(1.0 + i);
  fill(start, wave);

  linalg::check_petsc(EPSCreate(PETSC_COMM_SELF, eps.address()), "make a solver");
  linalg::check_petsc(EPSSetOperators(eps, matrix, nullptr), "set the operator");
  linalg::check_petsc(EPSSetProblemType(eps, EPS_HEP), "set the problem");
  linalg::check_petsc(EPSSetType(eps, EPSKRYLOVSCHUR), "set the method");
  linalg::check_petsc(EPSSetWhichEigenpairs(eps, EPS_LARGEST_REAL), "choose the largest");
  linalg::check_petsc(EPSSetDimensions(eps, 2, basis, basis), "set the dimensions");
  linalg::check_petsc(EPSSetTolerances(eps, tolerance, most_restarts), "set the tolerance");
  linalg::check_petsc(EPSSetDeflationSpace(eps, 1, known.address()), "take out what is known");
  linalg::check_petsc(EPSSetInitialSpace(eps, 1, start.address()), "start");
  linalg::check_petsc(EPSSolve(eps), "solve");
  PetscInt converged = 0;
  linalg::check_petsc(EPSGetConverged(eps, &converged), "count the eigenvalues");
  if (converged < 2) throw Error(ExitCode::internal, "umap: the eigenvectors of the graph did not converge");
  Axes axes;
  for (PetscInt k = 0; k < 2; ++k) {
    const PetscScalar* value = nullptr;
    linalg::check_petsc(EPSGetEigenvector(eps, k, found, nullptr), "get an eigenvector");
    linalg::check_petsc(VecGetArrayRead(found, &value), "open a vector");
    axes[k].assign(value, value + n);
    linalg::check_petsc(VecRestoreArrayRead(found, &value), "close a vector");
  }
  return axes;
}

/// Stretches coordinates to [-1, 1], the one largest in size, the first of equals, positive.
void normalize(std::vector<double>& axis) {
  const auto [low, high] = std::ranges::minmax(axis);
  const double middle = (low + high) / 2, half = (high - low) / 2;
  const auto largest = std::ranges::max_element(axis, {}, [](double x) { return std::abs(x); });
  const double scale = half == 0 ? 1 : *largest < 0 ? -half : half;
  for (auto& x : axis) x = (x - middle) / scale;
}

/// Where the parts lie: the largest in the middle, the others around it as the seeds of a sunflower, in areas that go
/// with their sizes.
struct Place {
  double x = 0, y = 0, radius = 1;
};
std::vector<Place> places(const std::vector<Walks>& parts) {
  const double golden_angle = std::numbers::pi * (3 - std::sqrt(5.0));
  std::vector<Place> all;
  double area = 0;  // of what is placed, in units of that of the first
  for (const auto& part : parts) {
    const double own = static_cast<double>(part.size) / static_cast<double>(parts.front().size);
    const double distance = all.empty() ? 0 : 1.3 * (std::sqrt(area) + std::sqrt(own));
    const double angle = golden_angle * static_cast<double>(all.size());
    all.push_back({distance * std::cos(angle), distance * std::sin(angle), std::sqrt(own)});
    area += own;
  }
  return all;
}

/// Coordinates of the groups, on rank 0.
std::vector<double> solve(const CoarseGraph& graph) {
  constexpr std::size_t dense_up_to = 300;
  auto parts = connected_parts(graph);
  const auto place = places(parts);
  std::vector<double> at(2 * std::int64_t{graph.n_groups});
  for (std::size_t p = 0; p < parts.size(); ++p) {
    auto& walks = parts[p];
    auto axes = walks.vertex.size() <= dense_up_to ? dense_axes(walks) : krylov_axes(walks);
    for (auto& axis : axes) {
      for (std::size_t i = 0; i < axis.size(); ++i)
        if (walks.root_degree[i] > 0) axis[i] /= walks.root_degree[i];
      normalize(axis);
    }
    for (std::size_t i = 0; i < walks.vertex.size(); ++i) {
      const auto g = std::int64_t{walks.vertex[i]};
      at[2 * g] = place[p].x + place[p].radius * axes[0][i];
      at[2 * g + 1] = place[p].y + place[p].radius * axes[1][i];
    }
  }
  double largest = 0;
  for (const double x : at) largest = std::max(largest, std::abs(x));
  if (largest > 0)
    for (auto& x : at) x *= extent / largest;
  return at;
}

/// Vertices start where their group is; steps of a lazy random walk spread them between the groups they are joined to.
void smooth(MPI_Comm comm, const matrix::Graph& graph, int steps, std::vector<double>& at) {
  const auto first = graph.vertices.begin(parallel::rank_of(comm));
  std::vector<double> mine(2 * graph.n_local());
  for (int step = 0; step < steps; ++step) {
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < graph.n_local(); ++i) {
      double x = 0, y = 0, all = 0;
      for (auto e = graph.row_start[i]; e < graph.row_start[i + 1]; ++e) {
        const double w = graph.weight[e];
        x += w * at[2 * graph.neighbor[e]];
        y += w * at[2 * graph.neighbor[e] + 1];
        all += w;
      }
      const auto* const own = at.data() + 2 * (first + i);
      mine[2 * i] = all > 0 ? (own[0] + x / all) / 2 : own[0];
      mine[2 * i + 1] = all > 0 ? (own[1] + y / all) / 2 : own[1];
    }
    at = parallel::gather_everywhere<double>(comm, mine);
  }
}

}  // namespace

std::vector<double> spectral_start(MPI_Comm comm, const matrix::Graph& graph, std::uint64_t seed) {
  constexpr std::int64_t coarse_vertices = 10'000;
  constexpr int smoothing_steps = 10;
  PetscBool ready = PETSC_FALSE;
  SlepcInitialized(&ready);
  if (!ready) throw std::logic_error("umap: SlepcInitialize was not called");
  const auto coarse = coarsen(comm, graph, coarse_vertices, seed);
  std::vector<double> of_group;
  std::exception_ptr failure;
  if (parallel::rank_of(comm) == 0) {
    try {
      of_group = solve(coarse);
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
  }
  parallel::fail_together(comm, failure);
  parallel::broadcast(comm, of_group);
  std::vector<double> at;
  at.reserve(2 * coarse.group.size());
  for (const auto g : coarse.group)
    at.insert(at.end(), {of_group[2 * std::int64_t{g}], of_group[2 * std::int64_t{g} + 1]});
  if (coarse.n_groups < graph.vertices.size()) smooth(comm, graph, smoothing_steps, at);
  return at;
}

}  // namespace miura::umap
