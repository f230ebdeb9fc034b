#pragma once

#include <mpi.h>

namespace miura::app {

/// From now on SIGTERM, SIGINT and SIGUSR1 only leave a note; a second SIGINT ends the program at once.
void listen_for_stop_requests();

/// Collective. Throws Error(stopped) on every rank if any of them was asked to stop. Called where a checkpoint is
/// valid.
void stop_if_requested(MPI_Comm comm);

}  // namespace miura::app
