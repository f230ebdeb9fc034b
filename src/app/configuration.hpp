#pragma once

#include <fmt/format.h>

#include <boost/program_options.hpp>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace miura::app {

namespace po = boost::program_options;

/// A line of an INI file: `[pca]` and `components = 50` give `pca.components`.
struct Setting {
  std::string name, value;
  std::int64_t row;
};

/// The settings of an INI file. A `#` begins a comment only at the start of a line or after white space, so that paths
/// may hold one. Throws NotFoundError or InputError (exit 64).
std::vector<Setting> read_ini(const std::filesystem::path& path);

/// What a subcommand was told, the command line before the configuration file before the defaults.
struct Configuration {
  po::variables_map values;
  std::filesystem::path folder;                  ///< relative paths of the configuration are relative to this
  std::map<std::string, std::string> effective;  ///< what shapes a result; not what tells where, how fast, how loud
  std::string dump;                              ///< the same as an INI file with comments
  std::vector<Setting> named;                    ///< of sections that the user names, as [measurement.array]
};

/// Parses arguments and, if `config_option` was given, the file it names. Unknown names are UsageErrors that tell the
/// nearest known name; abbreviations are not guessed. Does not call po::notify: the caller does, when it goes on.
/// Settings of the file whose name begins with one of `named_sections` ("measurement.") are given back as they are.
Configuration configure(const std::vector<std::string>& arguments, const po::options_description& options,
                        const po::positional_options_description& positional,
                        const std::string& config_option = "config",
                        const std::vector<std::string>& named_sections = {});

/// The value of an option that keeps what `field` holds where nothing is given; --help tells 0.05 as 0.05.
template <class Field>
auto with_default(Field& field) {
  return po::value(&field)->default_value(field, fmt::format("{}", field));
}

/// Splits `a, b ,c` at commas, without empty parts.
std::vector<std::string> split_list(const std::string& text);

}  // namespace miura::app
