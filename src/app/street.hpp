#pragma once

#include <mpi.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "app/checkpoint.hpp"
#include "app/provenance.hpp"
#include "app/run_options.hpp"
#include "app/stages.hpp"
#include "miura/base/log.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

/// Runs the stages of a study in their order, each from its checkpoint where that is valid, and keeps what is new.
/// All members are collective.
class Street {
public:
  Street(MPI_Comm comm, const RunOptions& o, const std::map<std::string, std::string>& hashes,
         Checkpoints& checkpoints);

  /// One stage; `load` and `compute` give its part of the study.
  template <class Load, class Compute>
  void stage(const std::string& name, auto& part, Load&& load, Compute&& compute) {
    if (done()) return;
    progress_.show(name);
    const auto before = Before();
    const bool resumed =
        !computed_one_ && stage_number(name) < first_forced_ && checkpoints_.valid(name, hashes_.at(name));
    if (resumed) {
      parallel::together(comm_, [&] { part = load(checkpoints_.file(name)); });
    } else {
      part = compute();
      checkpoints_.keep(name, hashes_.at(name), [&](const std::filesystem::path& path) { save(comm_, part, path); });
      computed_one_ = true;
    }
    record(name, resumed, before);
  }

  /// A stage that leaves no part of the study behind but files of its own.
  void stage(const std::string& name, const std::function<void()>& compute);

  /// Whether --to or the end has been reached.
  bool done() const;
  const std::vector<StageRecord>& records() const { return records_; }

private:
  /// When a stage began.
  struct Before {
    double time = MPI_Wtime(), cpu_seconds = cpu_seconds_so_far();
    parallel::Traffic traffic = parallel::traffic_so_far();
  };
  void record(const std::string& name, bool resumed, const Before& before);

  MPI_Comm comm_;
  const RunOptions& o_;
  const std::map<std::string, std::string>& hashes_;
  Checkpoints& checkpoints_;
  int first_forced_;
  bool computed_one_ = false;
  log::Progress progress_{"", 100};
  std::vector<StageRecord> records_;
};

}  // namespace miura::app
