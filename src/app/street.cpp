#include "app/street.hpp"

#include <fmt/format.h>

#include <array>

#include "app/stop_request.hpp"
#include "miura/base/memory.hpp"

namespace miura::app {

namespace {

/// About how many per cent of the time of a study of some ten thousand cells each stage takes; for the progress line.
constexpr std::array<std::int64_t, stage_names.size()> cost_of_stage{29, 2, 6, 1, 3, 8, 1, 12, 3,
                                                                     5,  7, 7, 7, 5, 1, 2, 1,  7};

std::string in_words(const StageRecord& stage) {
  auto text = fmt::format("{}: {:.1f} s, peak memory {:.2f} GiB a rank", stage.name, stage.seconds, stage.peak_gib);
  const auto bytes = stage.traffic.sent + stage.traffic.received;
  if (bytes > 0) text += fmt::format(", {:.2f} MiB in and out of it", static_cast<double>(bytes) / 1048576.0);
  return text;
}

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
  const auto before = Before();
  compute();
  record(name, false, before);
}

bool Street::done() const {
  return !records_.empty() && (records_.back().name == o_.to || records_.back().name == stage_names.back());
}

void Street::record(const std::string& name, bool resumed, const Before& before) {
  StageRecord done_now{.name = name, .hash = hashes_.at(name), .resumed = resumed};
  if (!resumed) {
    done_now.seconds = MPI_Wtime() - before.time;
    done_now.traffic = traffic_since(comm_, before.traffic);
    done_now.cpu_seconds = cpu_seconds_since(comm_, before.cpu_seconds);
  }
  done_now.peak_gib = peak_memory_gib(comm_);
  progress_.advance(cost_of_stage[stage_number(name)]);
  log::info(resumed ? fmt::format("{}: taken from its checkpoint", name) : in_words(done_now));
  records_.push_back(std::move(done_now));
  give_back_freed_memory();
  if (!done()) stop_if_requested(comm_);
}

}  // namespace miura::app
