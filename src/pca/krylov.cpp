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
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "pca/covariance_product.hpp"
#include "pca/single_thread_blas.hpp"

namespace miura::pca {

namespace {

constexpr PetscErrorCode success = 0;  // PETSc 3.18 has no name for it

void check(PetscErrorCode code, const char* doing) {
  if (code == success) return;
  const char* text = nullptr;
  PetscErrorMessage(code, &text, nullptr);
  throw std::runtime_error(std::string("SLEPc could not ") + doing + ": " + (text != nullptr ? text : "unknown error"));
}

/// A PETSc or SLEPc object, destroyed once.
template <class Object, PetscErrorCode (*Destroy)(Object*)>
class Owned {
public:
  Owned() = default;
  ~Owned() { Destroy(&object_); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  operator Object() const noexcept { return object_; }
  Object* address() noexcept { return &object_; }

private:
  Object object_ = nullptr;
};

/// Errors come back as codes, without PETSc's own pages on stderr.
class QuietErrors {
public:
  QuietErrors() { PetscPushErrorHandler(PetscReturnErrorHandler, nullptr); }
  ~QuietErrors() { PetscPopErrorHandler(); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
};

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
  check(MatCreateVecs(shell, start.address(), nullptr), "make a vector");
  PetscInt n = 0;
  PetscScalar* value = nullptr;
  check(VecGetLocalSize(start, &n), "size a vector");
  check(VecGetArrayWrite(start, &value), "open a vector");
  for (PetscInt j = 0; j < n; ++j) value[j] = 1.0 + 0.5 * std::sin(1.0 + j);
  check(VecRestoreArrayWrite(start, &value), "close a vector");
  check(EPSSetInitialSpace(eps, 1, start.address()), "start");
}

Spectrum solve(const ScaledReference& z, CovarianceProduct& product, std::int32_t components) {
  constexpr double tolerance = 1e-10;  // of the residual; eigenvalues are better by far, being quadratic in it
  constexpr PetscInt most_restarts = 1000;
  PetscBool ready = PETSC_FALSE;
  PetscInitialized(&ready);
  if (!ready) throw std::logic_error("pca: SlepcInitialize was not called");
  const SingleThreadBlas one_thread;
  const QuietErrors quiet;
  const auto n = static_cast<PetscInt>(z.varying.size());
  double trace = std::accumulate(z.varying.begin(), z.varying.end(), 0.0,
                                 [&](double sum, std::int32_t j) { return sum + z.variance(j); });

  Owned<Mat, MatDestroy> shell;
  Owned<EPS, EPSDestroy> eps;
  check(MatCreateShell(PETSC_COMM_SELF, n, n, n, n, &product, shell.address()), "make a shell matrix");
  check(MatShellSetOperation(shell, MATOP_MULT, reinterpret_cast<void (*)()>(multiply)), "set the product");
  check(EPSCreate(PETSC_COMM_SELF, eps.address()), "make a solver");
  check(EPSSetOperators(eps, shell, nullptr), "set the operator");
  check(EPSSetProblemType(eps, EPS_HEP), "set the problem");
  check(EPSSetType(eps, EPSKRYLOVSCHUR), "set the method");
  check(EPSSetWhichEigenpairs(eps, EPS_LARGEST_REAL), "choose the largest");
  const auto basis = std::min(n, std::max<PetscInt>(2 * components, components + 30));
  check(EPSSetDimensions(eps, components, basis, basis), "set the dimensions");
  check(EPSSetTolerances(eps, tolerance, most_restarts), "set the tolerance");
  check(EPSSetConvergenceTestFunction(eps, relative_residual, &trace, nullptr), "set the convergence test");
  set_start(eps, shell);
  check(EPSSolve(eps), "solve");

  PetscInt converged = 0;
  check(EPSGetConverged(eps, &converged), "count the eigenvalues");
  if (converged < components)
    throw Error(ExitCode::internal, "principal components: only " + std::to_string(converged) + " of " +
                                        std::to_string(components) + " converged in " + std::to_string(most_restarts) +
                                        " restarts");
  Spectrum spectrum;
  Owned<Vec, VecDestroy> vector;
  check(MatCreateVecs(shell, vector.address(), nullptr), "make a vector");
  for (PetscInt k = 0; k < components; ++k) {
    PetscScalar value = 0;
    const PetscScalar* loading = nullptr;
    check(EPSGetEigenpair(eps, k, &value, nullptr, vector, nullptr), "get an eigenvector");
    check(VecGetArrayRead(vector, &loading), "open a vector");
    spectrum.value.push_back(value);
    spectrum.vector.insert(spectrum.vector.end(), loading, loading + n);
    check(VecRestoreArrayRead(vector, &loading), "close a vector");
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
