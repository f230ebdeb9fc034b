#pragma once

#include <petscsys.h>

#include <string>

namespace miura::linalg {

/// A PETSc or SLEPc object, destroyed once: Owned<Mat, MatDestroy>.
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

/// Turns an error code into std::runtime_error: "PETSc could not <doing>: <PETSc's words>".
void check_petsc(PetscErrorCode code, const char* doing);

/// While it lives, errors of PETSc come back as codes, without its own pages on stderr.
class QuietPetscErrors {
public:
  QuietPetscErrors() { PetscPushErrorHandler(PetscReturnErrorHandler, nullptr); }
  ~QuietPetscErrors() { PetscPopErrorHandler(); }
  QuietPetscErrors(const QuietPetscErrors&) = delete;
  QuietPetscErrors& operator=(const QuietPetscErrors&) = delete;
};

}  // namespace miura::linalg
