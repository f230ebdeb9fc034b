#pragma once

#include <mpi.h>

#include <cstdint>
#include <string>
#include <vector>

#include "miura/matrix/table.hpp"
#include "miura/power/critical_value.hpp"

namespace miura::app {

/// What a plan is asked for, checked.
struct PlanQuestion {
  struct Effect {
    double rho;
    std::string basis;  ///< given, or ci: the cautious end of a finished study's interval
  };
  std::vector<std::int32_t> lots;
  std::vector<Effect> effects;
  double power = 0.8;
  std::int32_t most_lots = 100;
  power::Family family;
  std::vector<double> shares;
  std::vector<std::int64_t> cells, min_cells;
  double lot_sd = 0.5;
  power::Options simulation;
};

struct PlanAnswer {
  std::string text;                   ///< for a person
  std::vector<matrix::Table> tables;  ///< plan, plan_rare, plan_noise
};

/// Collective.
PlanAnswer answer_plan(MPI_Comm comm, const PlanQuestion& question);

}  // namespace miura::app
