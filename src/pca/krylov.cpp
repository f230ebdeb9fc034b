#include "pca/krylov.hpp"

#include <slepceps.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "miura/base/error.hpp"
#include "miura/linalg/petsc.hpp"
#include "miura/linalg/symmetric_eigen.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "pca/covariance_product.hpp"

namespace miura::pca {

namespace {

using linalg::Owned;

constexpr PetscErrorCode success = 0;  // PETSc 3.18 has no name for it

PetscErrorCode multiply(Mat shell, Vec x, Vec y) {
  PetscFunctionBeginUser;
  CovarianceProduct* product = nullptr;
  PetscInt n = 0;
  const PetscScalar* from = nullptr;
  PetscScalar* to = nullptr;
  PetscCall(MatShellGetContext(shell, &product));
  PetscCall(VecGetLocalSize(x, &n));
  PetscCall(VecGetArrayRead(x, &from));
  PetscCall(VecGetArrayWrite(y, &to));
  product->multiply({from, from + n}, {to, to + n});
  PetscCall(VecRestoreArrayWrite(y, &to));
  PetscCall(VecRestoreArrayRead(x, &from));
  PetscFunctionReturn(success);
}

/// Residual relative to the eigenvalue; for those near 0, which a reference of low rank has, to a part of the trace.
PetscErrorCode relative_residual(EPS, PetscScalar value, PetscScalar, PetscReal residual, PetscReal* estimate,
                                 void* context) {
  constexpr double part = 1e-3;
  *estimate = residual / std::max(std::abs(value), part * *static_cast<const double*>(context));
  return success;
}

/// The same start for every run: no direction is special, none is orthogonal to it by design.
void set_start(EPS eps, Mat shell) {
  Owned<Vec, VecDestroy> start;
  linalg::check_petsc(MatCreateVecs(shell, start.address(), nullptr), "make a vector");
  PetscInt n = 0;
  PetscScalar* value = nullptr;
  linalg::check_petsc(VecGetLocalSize(start, &n), "size a vector");
  linalg::check_petsc(VecGetArrayWrite(start, &value), "open a vector");
  for (PetscInt j = 0; j < n; ++j) value[j] = 1.0 + 0.5 * std::sin(1.0 + j);
  linalg::check_petsc(VecRestoreArrayWrite(start, &value), "close a vector");
  linalg::check_petsc(EPSSetInitialSpace(eps, 1, start.address()), "start");
}

Spectrum solve(const ScaledReference& z, CovarianceProduct& product, std::int32_t components) {
  constexpr double tolerance = 1e-10;  // of the residual; eigenvalues are better by far, being quadratic in it
  constexpr PetscInt most_restarts = 1000;
  PetscBool ready = PETSC_FALSE;
  PetscInitialized(&ready);
  if (!ready) throw std::logic_error("pca: SlepcInitialize was not called");
  const linalg::SingleThreadBlas one_thread;
  const linalg::QuietPetscErrors quiet;
  const auto n = static_cast<PetscInt>(z.varying.size());
  double trace = std::accumulate(z.varying.begin(), z.varying.end(), 0.0,
                                 [&](double sum, std::int32_t j) { return sum + z.variance(j); });

  Owned<Mat, MatDestroy> shell;
  Owned<EPS, EPSDestroy> eps;
  linalg::check_petsc(MatCreateShell(PETSC_COMM_SELF, n, n, n, n, &product, shell.address()), "make a shell matrix");
  linalg::check_petsc(MatShellSetOperation(shell, MATOP_MULT, reinterpret_cast<void (*)()>(multiply)),
                      "set the product");
  linalg::check_petsc(EPSCreate(PETSC_COMM_SELF, eps.address()), "make a solver");
  linalg::check_petsc(EPSSetOperators(eps, shell, nullptr), "set the operator");
  linalg::check_petsc(EPSSetProblemType(eps, EPS_HEP), "set the problem");
  linalg::check_petsc(EPSSetType(eps, EPSKRYLOVSCHUR), "set the method");
  linalg::check_petsc(EPSSetWhichEigenpairs(eps, EPS_LARGEST_REAL), "choose the largest");
  const auto basis = std::min(n, std::max<PetscInt>(2 * components, components + 30));
  linalg::check_petsc(EPSSetDimensions(eps, components, basis, basis), "set the dimensions");
  linalg::check_petsc(EPSSetTolerances(eps, tolerance, most_restarts), "set the tolerance");
  linalg::check_petsc(EPSSetConvergenceTestFunction(eps, relative_residual, &trace, nullptr),
                      "set the convergence test");
  set_start(eps, shell);
  linalg::check_petsc(EPSSolve(eps), "solve");

  PetscInt converged = 0;
  linalg::check_petsc(EPSGetConverged(eps, &converged), "count the eigenvalues");
  if (converged < components)
    throw Error(ExitCode::internal, "principal components: only " + std::to_string(converged) + " of " +
                                        std::to_string(components) + " converged in " + std::to_string(most_restarts) +
                                        " restarts");
  Spectrum spectrum;
  Owned<Vec, VecDestroy> vector;
  linalg::check_petsc(MatCreateVecs(shell, vector.address(), nullptr), "make a vector");
  for (PetscInt k = 0; k < components; ++k) {
    PetscScalar value = 0;
    const PetscScalar* loading = nullptr;
    linalg::check_petsc(EPSGetEigenpair(eps, k, &value, nullptr, vector, nullptr), "get an eigenvector");
    linalg::check_petsc(VecGetArrayRead(vector, &loading), "open a vector");
    spectrum.value.push_back(value);
    spectrum.vector.insert(spectrum.vector.end(), loading, loading + n);
    linalg::check_petsc(VecRestoreArrayRead(vector, &loading), "close a vector");
  }
  return spectrum;
}

}  // namespace

Spectrum krylov_spectrum(MPI_Comm comm, const ScaledReference& z, std::int32_t components) {
  CovarianceProduct product(comm, z);
  Spectrum spectrum;
  std::exception_ptr failure;
  if (parallel::rank_of(comm) == 0) {
    try {
      spectrum = solve(z, product, components);
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
    product.stop();  // also after a failure, or the others would serve for ever
  } else {
    product.serve();
  }
  parallel::fail_together(comm, failure);
  return spectrum;
}

}  // namespace miura::pca
