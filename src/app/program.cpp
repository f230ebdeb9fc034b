#include "miura/app/program.hpp"

#include <H5public.h>
#include <fmt/format.h>
#include <petscsys.h>
#include <slepcversion.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <new>
#include <thread>

#include "app/subcommand.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
#include "miura/base/nearest_name.hpp"
#include "miura/base/version.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::app {

namespace {

constexpr std::array subcommands{
    Subcommand{"run", "a whole single-cell study: which cell population goes with the function of a lot", run_study},
    Subcommand{"map", "where the cells of new lots belong in a finished study", map},
    Subcommand{"associate", "which features of any table go with the outcomes of its samples", associate},
    Subcommand{"mine", "which genes of bulk tables go with what lines do, and how many would by chance", mine},
    Subcommand{"plan", "how many lots a study needs, and how many cells", plan},
    Subcommand{"compare", "whether a lot is like the others, and lots after a change like those before", compare},
    Subcommand{"enrich", "which gene sets a list or ranking of genes is rich in; which peaks lie together", enrich},
    Subcommand{"differential", "which features differ between two groups, by region and gene, or over time",
               differential},
    Subcommand{"report", "renders the report of a finished study again, from its result alone", report},
    Subcommand{"simulate", "a planted study, written as a user's files would be", simulate},
    Subcommand{"inspect", "what a file or result folder holds; verify it, compare two", inspect},
};

std::string usage() {
  std::string text = "usage: miura <command> [options]\n\n";
  for (const auto& s : subcommands) text += fmt::format("  {:<12} {}\n", s.name, s.summary);
  return text + "\nmiura <command> --help tells the options of a command; miura --version the versions.\n";
}

std::string versions() {
  char mpi[MPI_MAX_LIBRARY_VERSION_STRING] = {};
  int length = 0;
  MPI_Get_library_version(mpi, &length);
  const std::string mpi_line(mpi, std::find(mpi, mpi + length, ','));
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return fmt::format("miura {} ({})\n{}\nPETSc {}.{}.{}\nSLEPc {}.{}.{}\nHDF5 {}.{}.{}\n", version(), commit(),
                     mpi_line, PETSC_VERSION_MAJOR, PETSC_VERSION_MINOR, PETSC_VERSION_SUBMINOR, SLEPC_VERSION_MAJOR,
                     SLEPC_VERSION_MINOR, SLEPC_VERSION_SUBMINOR, major, minor, release);
}

int choose_and_run(MPI_Comm comm, const std::vector<std::string>& arguments) {
  const bool speaking = parallel::rank_of(comm) == 0;
  if (arguments.empty()) throw UsageError("no command given; miura --help lists them");
  const auto& command = arguments[0];
  if (command == "--help" || command == "help" || command == "-h") {
    if (speaking) std::cout << usage();
    return 0;
  }
  if (command == "--version") {
    if (speaking) std::cout << versions();
    return 0;
  }
  std::vector<std::string> known;
  for (const auto& s : subcommands) {
    if (s.name == command) {
      if (std::ranges::find(arguments, "--version") == arguments.end())
        return s.run(comm, {arguments.begin() + 1, arguments.end()});
      if (speaking) std::cout << versions();
      return 0;
    }
    known.emplace_back(s.name);
  }
  const auto nearest = nearest_name(command, known);
  throw UsageError(fmt::format("unknown command '{}'{}", command,
                               nearest.empty() ? "; miura --help lists them" : "; did you mean '" + nearest + "'?"));
}

/// Whether all ranks have come here. An error is thrown on all of them; should one ever fail alone, the others wait for
/// it in a collective that it has left, so nobody waits here for ever.
bool all_are_here(MPI_Comm apart) {
  constexpr double patience_s = 10;
  MPI_Request barrier = MPI_REQUEST_NULL;
  MPI_Ibarrier(apart, &barrier);
  int here = 0;
  for (const double since = MPI_Wtime(); here == 0 && MPI_Wtime() - since < patience_s;) {
    MPI_Test(&barrier, &here, MPI_STATUS_IGNORE);
    if (here == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return here != 0;
}

}  // namespace

int run_program(MPI_Comm comm, int argc, char** argv) {
  const int rank = parallel::rank_of(comm);
  MPI_Comm apart = MPI_COMM_NULL;  // no message of the program can be mistaken for one of these
  MPI_Comm_dup(comm, &apart);
  try {
    const int status = choose_and_run(comm, {argv + 1, argv + argc});
    MPI_Comm_free(&apart);
    return status;
  } catch (const Error& e) {  // every rank has thrown the same line: one of them speaks
    log::stop();
    if (rank == 0) std::cerr << "miura: " << e.what() << std::endl;
    if (!all_are_here(apart)) {
      if (rank != 0) std::cerr << "miura: " << e.what() << std::endl;
      MPI_Abort(comm, static_cast<int>(e.code()));
    }
    MPI_Comm_free(&apart);
    return static_cast<int>(e.code());
  } catch (const std::bad_alloc&) {
    std::cerr << "miura: out of memory on rank " << rank << std::endl;
  } catch (const std::exception& e) {
    std::cerr << "miura: internal error on rank " << rank << ": " << e.what() << std::endl;
  }
  MPI_Abort(comm, static_cast<int>(ExitCode::internal));  // the other ranks may be inside a collective
  return static_cast<int>(ExitCode::internal);
}

}  // namespace miura::app
