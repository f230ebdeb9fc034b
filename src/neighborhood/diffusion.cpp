#include "neighborhood/diffusion.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::neighborhood {

namespace {

constexpr std::int32_t widest_block = 16;

constexpr std::int64_t largest_index = std::numeric_limits<PetscInt>::max();

/// Debian's PETSc counts in 32 bits.
void check_range(MPI_Comm comm, const matrix::Graph& graph) {
  const auto edges = parallel::max_over_ranks(comm, std::ssize(graph.neighbor));
  if (edges > largest_index || graph.vertices.size() > largest_index)
    throw Error(ExitCode::internal, "neighborhoods: a rank has " + std::to_string(edges) + " edges of " +
                                        std::to_string(graph.vertices.size()) +
                                        " cells, more than this PETSc can count; use more ranks, or a PETSc with "
                                        "64-bit indices");
}

}  // namespace

Diffusion::Diffusion(MPI_Comm comm, const matrix::Graph& graph) : comm_(comm), n_vertices_(graph.vertices.size()) {
  PetscBool ready = PETSC_FALSE;
  PetscInitialized(&ready);
  if (!ready) throw std::logic_error("neighborhood: PetscInitialize was not called");
  check_range(comm, graph);
  const linalg::QuietPetscErrors quiet;
  const auto n = static_cast<PetscInt>(graph.n_local());
  const auto first = static_cast<PetscInt>(graph.vertices.begin(parallel::rank_of(comm)));
  std::vector<double> weight(graph.weight.size());
  std::ranges::transform(graph.weight, weight.begin(), [&](std::int32_t w) { return w * graph.weight_unit; });
  for (PetscInt i = 0; i < n; ++i) {
    const auto from = graph.weight.begin() + graph.row_start[i], to = graph.weight.begin() + graph.row_start[i + 1];
    a_.push_back(static_cast<double>(std::accumulate(from, to, std::int64_t{0})) * graph.weight_unit + 1.0);
  }
  const std::vector<PetscInt> row_start(graph.row_start.begin(), graph.row_start.end());
  const std::vector<PetscInt> column(graph.neighbor.begin(), graph.neighbor.end());
  const auto all = static_cast<PetscInt>(n_vertices_);
  OwnedMat distributed;
  linalg::check_petsc(MatCreateMPIAIJWithArrays(comm, n, n, all, all, row_start.data(), column.data(), weight.data(),
                                                distributed.address()),
                      "make the matrix of the graph");

  needed_ = column;
  needed_.resize(needed_.size() + n);
  std::iota(needed_.end() - n, needed_.end(), first);
  std::ranges::sort(needed_);
  needed_.erase(std::ranges::unique(needed_).begin(), needed_.end());
  needed_.shrink_to_fit();
  OwnedIndices own, columns;
  linalg::check_petsc(ISCreateStride(PETSC_COMM_SELF, n, first, 1, own.address()), "index rows");
  linalg::check_petsc(ISCreateGeneral(PETSC_COMM_SELF, static_cast<PetscInt>(needed_.size()), needed_.data(),
                                      PETSC_USE_POINTER, columns.address()),
                      "index columns");
  Mat* taken = nullptr;
  linalg::check_petsc(
      MatCreateSubMatrices(distributed, 1, own.address(), columns.address(), MAT_INITIAL_MATRIX, &taken),
      "take the rows of this rank");
  *rows_.address() = taken[0];
  linalg::check_petsc(PetscObjectReference(reinterpret_cast<PetscObject>(taken[0])), "hold the rows of this rank");
  linalg::check_petsc(MatDestroySubMatrices(1, &taken), "give back a list");
}

void Diffusion::prepare(Block& block, std::int32_t width) {
  if (block.width == width) return;
  if (block.width != 0) throw std::logic_error("the number of lots changed between steps of diffusion");
  block.width = width;
  const auto n_needed = static_cast<PetscInt>(needed_.size());
  linalg::check_petsc(MatCreateMAIJ(rows_, width, block.product.address()), "make a product");
  linalg::check_petsc(
      VecCreateMPI(comm_, static_cast<PetscInt>(std::ssize(a_)) * width, PETSC_DETERMINE, block.distributed.address()),
      "make a vector");
  linalg::check_petsc(VecCreateSeq(PETSC_COMM_SELF, n_needed * width, block.needed.address()), "make a vector");
  linalg::check_petsc(
      VecCreateSeq(PETSC_COMM_SELF, static_cast<PetscInt>(std::ssize(a_)) * width, block.result.address()),
      "make a vector");
  OwnedIndices from;
  linalg::check_petsc(
      ISCreateBlock(PETSC_COMM_SELF, width, n_needed, needed_.data(), PETSC_USE_POINTER, from.address()),
      "index neighbors");
  linalg::check_petsc(VecScatterCreate(block.distributed, from, block.needed, nullptr, block.fetch.address()),
                      "plan the exchange");
}

void Diffusion::step_block(Block& block, std::span<double> s, std::int32_t n_lots, std::int32_t first_lot) {
  const auto n = std::ssize(a_);
  const auto width = block.width;
  PetscScalar* spread = nullptr;
  linalg::check_petsc(VecGetArrayWrite(block.distributed, &spread), "open a vector");
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int32_t l = 0; l < width; ++l) spread[i * width + l] = s[i * n_lots + first_lot + l] / a_[i];
  linalg::check_petsc(VecRestoreArrayWrite(block.distributed, &spread), "close a vector");

  linalg::check_petsc(VecScatterBegin(block.fetch, block.distributed, block.needed, INSERT_VALUES, SCATTER_FORWARD),
                      "exchange");
  linalg::check_petsc(VecScatterEnd(block.fetch, block.distributed, block.needed, INSERT_VALUES, SCATTER_FORWARD),
                      "exchange");
  linalg::check_petsc(MatMult(block.product, block.needed, block.result), "multiply");

  const PetscScalar *from_neighbors = nullptr, *own = nullptr;
  linalg::check_petsc(VecGetArrayRead(block.result, &from_neighbors), "open a vector");
  linalg::check_petsc(VecGetArrayRead(block.distributed, &own), "open a vector");
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int32_t l = 0; l < width; ++l)
      s[i * n_lots + first_lot + l] = from_neighbors[i * width + l] + own[i * width + l];
  linalg::check_petsc(VecRestoreArrayRead(block.distributed, &own), "close a vector");
  linalg::check_petsc(VecRestoreArrayRead(block.result, &from_neighbors), "close a vector");
}

void Diffusion::step(std::span<double> s, std::int32_t n_lots) {
  const linalg::QuietPetscErrors quiet;
  // Interlaced vectors are `width` times as long as the graph has vertices, and PETSc may count in 32 bits.
  const auto longest = std::max<std::int64_t>(1, largest_index / std::max<std::int64_t>(1, n_vertices_));
  const auto width = static_cast<std::int32_t>(std::min<std::int64_t>({n_lots, widest_block, longest}));
  if (width == 0) return;
  prepare(wide_, width);
  std::int32_t lot = 0;
  for (; lot + width <= n_lots; lot += width) step_block(wide_, s, n_lots, lot);
  if (lot == n_lots) return;
  prepare(narrow_, n_lots - lot);
  step_block(narrow_, s, n_lots, lot);
}

}  // namespace miura::neighborhood
