#include "miura/parallel/together.hpp"

#include <string>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::parallel {

void fail_together(MPI_Comm comm, const std::exception_ptr& local) {
  const int rank = rank_of(comm), ranks = size_of(comm);
  const int first_failed = min_over_ranks(comm, local ? rank : ranks);
  if (first_failed == ranks) return;

  std::string line;
  int code = 0;
  if (rank == first_failed) {
    try {
      std::rethrow_exception(local);
    } catch (const Error& e) {
      line = e.what();
      code = static_cast<int>(e.code());
    } catch (const std::exception& e) {
      line = e.what();
      code = static_cast<int>(ExitCode::internal);
    }
  }
  broadcast(comm, line, first_failed);
  MPI_Bcast(&code, 1, MPI_INT, first_failed, comm);
  if (rank == first_failed) std::rethrow_exception(local);
  throw Error(static_cast<ExitCode>(code), line);
}

}  // namespace miura::parallel
