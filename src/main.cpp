#include <mpi.h>
#include <slepcsys.h>

#include "miura/app/program.hpp"

int main(int argc, char** argv) {
  miura::app::keep_early_stop_requests();
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  int petsc_argc = 1;  // PETSc must not read miura's options
  if (SlepcInitialize(&petsc_argc, &argv, nullptr, nullptr) != 0) MPI_Abort(MPI_COMM_WORLD, 70);
  PetscPopSignalHandler();  // signals are miura's own business
  const int status = miura::app::run_program(MPI_COMM_WORLD, argc, argv);
  SlepcFinalize();
  MPI_Finalize();
  return status;
}
