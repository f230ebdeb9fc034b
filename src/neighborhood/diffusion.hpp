#pragma once

#include <mpi.h>
#include <petscmat.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/linalg/petsc.hpp"
#include "miura/matrix/graph.hpp"

namespace miura::neighborhood {

using OwnedMat = linalg::Owned<Mat, MatDestroy>;
using OwnedVec = linalg::Owned<Vec, VecDestroy>;
using OwnedIndices = linalg::Owned<IS, ISDestroy>;
using OwnedScatter = linalg::Owned<VecScatter, VecScatterDestroy>;

/// One step of diffusion on a graph, S <- A (S / a) + S / a, for many lots.
///
/// PETSc keeps the rows of a distributed matrix in two pieces, own columns and others', and sums one after the other:
/// the order would depend on the partition. So each rank takes its rows out of A with all columns they need side by
/// side, ascending, and a scatter brings the values of those columns:
///
///            others'  own   others'
///     row i [ 1   3 | 5 8 | 20   31 ]   one sequential row, summed from left to right
class Diffusion {
public:
  /// Collective. Takes this rank's rows out of the distributed A.
  Diffusion(MPI_Comm comm, const matrix::Graph& graph);

  /// Collective. `s`: this rank's vertices x n_lots, row-major.
  void step(std::span<double> s, std::int32_t n_lots);

private:
  /// What a product with `width` lots at a time needs.
  struct Block {
    std::int32_t width = 0;
    OwnedMat product;                      ///< MATSEQMAIJ: this rank's rows times width interlaced columns
    OwnedVec distributed, needed, result;  ///< S / a of own cells, of all columns, and the product
    OwnedScatter fetch;
  };
  void prepare(Block& block, std::int32_t width);
  void step_block(Block& block, std::span<double> s, std::int32_t n_lots, std::int32_t first_lot);

  MPI_Comm comm_;
  std::int64_t n_vertices_ = 0;
  std::vector<double> a_;         ///< weighted degree and 1 for the vertex itself
  std::vector<PetscInt> needed_;  ///< columns of the rows, ascending: own ones and neighbors
  OwnedMat rows_;                 ///< this rank's rows of A as MATSEQAIJ, with the columns `needed_`
  Block wide_, narrow_;           ///< full blocks of lots, and what is left over
};

}  // namespace miura::neighborhood
