#include "app/street.hpp"

#include <fmt/format.h>

#include <array>

#include "app/stop_request.hpp"

namespace miura::app {

namespace {

/// About how many per cent of the time of a study of some ten thousand cells each stage takes; for the progress line.
constexpr std::array<std::int64_t, stage_names.size()> cost_of_stage{29, 2, 6, 1, 3, 8, 1, 12, 3,
                                                                     5,  7, 7, 7, 5, 1, 2, 1,  7};

}  // namespace

Street::Street(MPI_Comm comm, const RunOptions& o, const std::map<std::string, std::string>& hashes,
               Checkpoints& checkpoints)
    : comm_(comm),
      o_(o),
      hashes_(hashes),
      checkpoints_(checkpoints),
      first_forced_(o.from.empty() ? static_cast<int>(stage_names.size()) : stage_number(o.from)) {}

void Street::stage(const std::string& name, const std::function<void()>& compute) {
  if (done()) return;
  progress_.show(name);
  const double started = MPI_Wtime();
  compute();
  record(name, false, MPI_Wtime() - started);
}

bool Street::done() const {
  return !records_.empty() && (records_.back().name == o_.to || records_.back().name == stage_names.back());
}

void Street::record(const std::string& name, bool resumed, double seconds) {
  progress_.advance(cost_of_stage[stage_number(name)]);
  records_.push_back({name, hashes_.at(name), resumed ? 0 : seconds, peak_memory_gib(comm_), resumed});
  log::info(resumed
                ? fmt::format("{}: taken from its checkpoint", name)
                : fmt::format("{}: {:.1f} s, peak memory {:.2f} GiB a rank", name, seconds, records_.back().peak_gib));
  if (!done()) stop_if_requested(comm_);
}

}  // namespace miura::app
