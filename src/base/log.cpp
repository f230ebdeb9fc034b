#include "miura/base/log.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "miura/base/error.hpp"

namespace miura::log {

namespace {

bool terminal = false;  // whether a progress line is wanted

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::off:
      break;
  }
  return spdlog::level::off;
}

}  // namespace

void start(bool speaking, Level level, bool chatty, const std::filesystem::path& file) {
  std::vector<spdlog::sink_ptr> sinks;
  terminal = speaking && chatty && isatty(STDERR_FILENO) == 1;
  if (speaking) {
    auto console = std::make_shared<spdlog::sinks::stderr_sink_st>();
    console->set_pattern(terminal ? "\r\x1b[K%v" : "%v");  // over the progress line
    console->set_level(chatty ? to_spdlog(level) : spdlog::level::warn);
    sinks.push_back(std::move(console));
    if (!file.empty()) {
      try {
        auto dated = std::make_shared<spdlog::sinks::basic_file_sink_st>(file.string(), true);
        dated->set_pattern("%Y-%m-%d %H:%M:%S %l: %v");
        sinks.push_back(std::move(dated));
      } catch (const spdlog::spdlog_ex&) {
        throw Error(ExitCode::cannot_create, file.string() + ": cannot be created");
      }
    }
  }
  auto logger = std::make_shared<spdlog::logger>("miura", sinks.begin(), sinks.end());
  logger->set_level(speaking ? to_spdlog(level) : spdlog::level::off);
  logger->flush_on(spdlog::level::info);
  logger->set_error_handler(
      [](const std::string&) {});  // of a full disk the results tell, which need it more than the log
  spdlog::set_default_logger(std::move(logger));
}

void stop() {
  if (auto logger = spdlog::default_logger()) logger->flush();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("miura"));
  terminal = false;
}

void debug(std::string_view message) { spdlog::debug("{}", message); }
void info(std::string_view message) { spdlog::info("{}", message); }
void warn(std::string_view message) { spdlog::warn("{}", message); }

Progress::Progress(std::string stage, std::int64_t total)
    : stage_(std::move(stage)), total_(total), started_s_(now_s()), shown_s_(started_s_), visible_(false) {}

Progress::~Progress() {
  if (visible_) std::fputs("\r\x1b[K", stderr);
}

void Progress::advance(std::int64_t done) {
  done_ += done;
  if (const double now = now_s(); now - shown_s_ >= 0.2) draw(now);
}

void Progress::show(const std::string& what) {
  stage_ = what;
  draw(now_s());
}

void Progress::draw(double now) {
  if (!terminal || total_ <= 0) return;
  shown_s_ = now;
  visible_ = true;
  const double share = static_cast<double>(done_) / static_cast<double>(total_);
  const auto left =
      share > 0 ? fmt::format(", about {:.0f} s left", (now - started_s_) * (1 - share) / share) : std::string();
  const auto line = fmt::format("\r\x1b[K{} ({:.0f} % done{})", stage_, 100 * share, left);
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace miura::log
