#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace miura::log {

enum class Level { debug, info, warn, off };

/// Where messages go. Called once by the program, on every rank; only the speaking rank (rank 0) prints anything.
/// `file` (may be empty) gets dated lines; the terminal gets warnings, and with `chatty` what is going on. Throws
/// Error(cannot_create), on the speaking rank alone, if the file cannot be opened.
void start(bool speaking, Level level, bool chatty, const std::filesystem::path& file = {});

/// Closes the file, so that it can be renamed.
void stop();

void debug(std::string_view message);
void info(std::string_view message);
void warn(std::string_view message);

/// A progress line (stage, share done, time left) on a terminal; nothing in a log file. Cheap to call often.
class Progress {
public:
  Progress(std::string stage, std::int64_t total);
  ~Progress();  ///< wipes the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void advance(std::int64_t done);     ///< `done` more of the total; call from one thread
  void show(const std::string& what);  ///< names what is under way, at once

private:
  void draw(double now_s);

  std::string stage_;
  std::int64_t total_, done_ = 0;
  double started_s_, shown_s_;
  bool visible_;
};

}  // namespace miura::log
