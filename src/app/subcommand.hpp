#pragma once

#include <mpi.h>

#include <string>
#include <string_view>
#include <vector>

namespace miura::app {

/// A verb of the command line. `run` is called on all ranks with the arguments after the verb; it throws Error for what
/// the user can mend and returns the exit code otherwise.
struct Subcommand {
  std::string_view name;
  std::string_view summary;
  int (*run)(MPI_Comm comm, const std::vector<std::string>& arguments);
};

int run_study(MPI_Comm comm, const std::vector<std::string>& arguments);
int map(MPI_Comm comm, const std::vector<std::string>& arguments);
int associate(MPI_Comm comm, const std::vector<std::string>& arguments);
int simulate(MPI_Comm comm, const std::vector<std::string>& arguments);
int inspect(MPI_Comm comm, const std::vector<std::string>& arguments);
int plan(MPI_Comm comm, const std::vector<std::string>& arguments);
int report(MPI_Comm comm, const std::vector<std::string>& arguments);
int compare(MPI_Comm comm, const std::vector<std::string>& arguments);
int enrich(MPI_Comm comm, const std::vector<std::string>& arguments);
int differential(MPI_Comm comm, const std::vector<std::string>& arguments);
int mine(MPI_Comm comm, const std::vector<std::string>& arguments);

}  // namespace miura::app
