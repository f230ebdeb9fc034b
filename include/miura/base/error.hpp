#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace miura {

/// Exit codes of the program; the numbers are those of BSD sysexits.h.
enum class ExitCode : int {
  done = 0,
  usage = 64,          ///< wrong command line or configuration
  bad_input = 65,      ///< input data that cannot be used
  no_input = 66,       ///< an input that is not there
  internal = 70,       ///< a defect of miura
  cannot_create = 73,  ///< an output that cannot be created
  io = 74,             ///< disk full, read error
  stopped = 75,        ///< stopped on request with a valid checkpoint; run again to go on
};

/// What the program ends with: one line for the user, and the exit code. Only main() catches to print.
class Error : public std::runtime_error {
public:
  Error(ExitCode code, const std::string& line) : std::runtime_error(line), code_(code) {}
  ExitCode code() const noexcept { return code_; }

private:
  ExitCode code_;
};

/// Where in the user's own files the trouble is.
struct Where {
  std::filesystem::path file;
  std::int64_t row = 0;     ///< 1-based, as a text editor counts; 0 when the whole file is meant
  std::string column = {};  ///< header of the column; empty when the whole row is meant
  std::string lot = {};     ///< the lot it belongs to; empty when none
};

/// The user can mend this by editing an input: `samples.csv:7: column vegf: 'high' is not a number (lot BM03)`.
class InputError : public Error {
public:
  InputError(Where where, std::string_view problem, ExitCode code = ExitCode::bad_input);
  const Where& where() const noexcept { return where_; }
  /// The same error with the lot named, if it is not: a reader of files need not know whose file it reads.
  InputError of_lot(const std::string& lot) const;
  /// The same error with the file named, if it is not: what is wrong in a sheet may show after it was read.
  InputError of_file(const std::filesystem::path& file) const;

private:
  Where where_;
  std::string problem_;
};

/// A file or folder that is not there, or cannot be opened: `lots/BM03: not found (lot BM03)`.
class NotFoundError : public InputError {
public:
  explicit NotFoundError(Where where, std::string_view problem = "not found")
      : InputError(std::move(where), problem, ExitCode::no_input) {}
};

/// Wrong command line or configuration.
class UsageError : public Error {
public:
  explicit UsageError(const std::string& line) : Error(ExitCode::usage, line) {}
};

}  // namespace miura
