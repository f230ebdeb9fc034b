#include "app/stop_request.hpp"

#include <csignal>

#include "miura/app/program.hpp"
#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::app {

namespace {

volatile std::sig_atomic_t requested = 0;

extern "C" void note_request(int signal) {
  requested = 1;
  if (signal == SIGINT) std::signal(SIGINT, SIG_DFL);
}

}  // namespace

void keep_early_stop_requests() { std::signal(SIGUSR1, note_request); }

void listen_for_stop_requests() {
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) std::signal(signal, note_request);
}

void stop_if_requested(MPI_Comm comm) {
  if (parallel::max_over_ranks<std::int32_t>(comm, requested) != 0)
    throw Error(ExitCode::stopped, "stopped on request; the finished stages are kept, run the same command to go on");
}

}  // namespace miura::app
