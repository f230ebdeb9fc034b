#include "miura/parallel/together.hpp"

#include <filesystem>
#include <new>
#include <string>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::parallel {

namespace {

/// A failure as the Error that all ranks are to throw. A defect or the end of memory is not the user's to mend, but it
/// too is told once and ends all ranks.
std::exception_ptr as_error(int rank, const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error&) {
    return failure;
  } catch (const std::filesystem::filesystem_error& e) {
    return std::make_exception_ptr(Error(ExitCode::io, e.path1().string() + ": " + e.code().message()));
  } catch (const std::bad_alloc&) {
    return std::make_exception_ptr(Error(ExitCode::internal, "out of memory on rank " + std::to_string(rank)));
  } catch (const std::exception& e) {
    return std::make_exception_ptr(
        Error(ExitCode::internal, "internal error on rank " + std::to_string(rank) + ": " + e.what()));
  }
}

}  // namespace

void fail_together(MPI_Comm comm, const std::exception_ptr& local) {
  const int rank = rank_of(comm), ranks = size_of(comm);
  const int first_failed = min_over_ranks(comm, local ? rank : ranks);
  if (first_failed == ranks) return;

  const auto failure = rank == first_failed ? as_error(rank, local) : nullptr;
  std::string line;
  int code = 0;
  if (failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const Error& e) {
      line = e.what();
      code = static_cast<int>(e.code());
    }
  }
  broadcast(comm, line, first_failed);
  MPI_Bcast(&code, 1, MPI_INT, first_failed, comm);
  if (failure) std::rethrow_exception(failure);
  throw Error(static_cast<ExitCode>(code), line);
}

}  // namespace miura::parallel
