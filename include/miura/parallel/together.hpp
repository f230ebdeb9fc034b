#pragma once

#include <mpi.h>

#include <exception>
#include <utility>

namespace miura::parallel {

/// Collective. Throws on every rank of `comm` if `local` holds an exception on any of them. The lowest rank that
/// failed throws its own Error, the others an Error with the same line and exit code; what is no Error becomes one.
void fail_together(MPI_Comm comm, const std::exception_ptr& local);

/// Runs work that may throw on some ranks only (opening a file, parsing a row), then lets all ranks know.
/// Without this a rank that throws leaves the others waiting for ever in their next collective.
/// `work` itself makes no MPI call. Collective over `comm`.
template <class Work>
void together(MPI_Comm comm, Work&& work) {
  std::exception_ptr failure;
  try {
    std::forward<Work>(work)();
  } catch (const std::exception&) {
    failure = std::current_exception();
  }
  fail_together(comm, failure);
}

}  // namespace miura::parallel
