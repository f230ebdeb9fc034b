#pragma once

#include <mpi.h>

namespace miura::app {

/// To be called before MPI starts: a USR1 that comes while it does would otherwise end the process. It is answered at the
/// first safe point of the command.
void keep_early_stop_requests();

/// The whole program but MPI's and PETSc's start and end: chooses the subcommand and returns the exit code. Prints the
/// line of an Error once, whatever the number of ranks. An unforeseen exception ends all ranks.
int run_program(MPI_Comm comm, int argc, char** argv);

}  // namespace miura::app
