#include "miura/linalg/petsc.hpp"

#include <stdexcept>

namespace miura::linalg {

void check_petsc(PetscErrorCode code, const char* doing) {
  if (code == 0) return;  // PETSc 3.18 has no name for success
  const char* text = nullptr;
  PetscErrorMessage(code, &text, nullptr);
  throw std::runtime_error(std::string("PETSc could not ") + doing + ": " + (text != nullptr ? text : "unknown error"));
}

}  // namespace miura::linalg
