#include "app/configuration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "miura/base/error.hpp"
#include "miura/base/nearest_name.hpp"

namespace miura::app {

namespace {

std::string trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
}

std::string_view without_comment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i)
    if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) return line.substr(0, i);
  return line;
}

std::string as_text(const boost::any& value) {
  if (const auto* text = boost::any_cast<std::string>(&value)) return *text;
  if (const auto* flag = boost::any_cast<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* real = boost::any_cast<double>(&value)) return fmt::format("{}", *real);
  if (const auto* small = boost::any_cast<std::int32_t>(&value)) return fmt::format("{}", *small);
  if (const auto* number = boost::any_cast<std::int64_t>(&value)) return fmt::format("{}", *number);
  if (const auto* seed = boost::any_cast<std::uint64_t>(&value)) return fmt::format("{}", *seed);
  if (const auto* list = boost::any_cast<std::vector<std::string>>(&value))
    return fmt::format("{}", fmt::join(*list, ", "));
  throw std::logic_error("an option has a type that as_text does not know");
}

std::string without_dashes(const std::string& name) {
  return name.substr(std::min(name.find_first_not_of('-'), name.size()));
}

/// "unknown option 'pca.compnents'; did you mean 'pca.components'?"
std::string unknown_name(const std::string& name, const po::options_description& options,
                         const std::vector<std::string>& named_sections = {}) {
  std::vector<std::string> sections;
  for (const auto& section : named_sections) sections.push_back(section.substr(0, section.size() - 1));
  const auto section = nearest_name(name.substr(0, name.find('.')), sections);
  if (std::ranges::count(name, '.') == 2 && !section.empty())
    return fmt::format("unknown option '{}'; did you mean [{}.{}]?", name, section,
                       name.substr(name.find('.') + 1, name.rfind('.') - name.find('.') - 1));
  std::vector<std::string> known;
  for (const auto& option : options.options()) known.push_back(option->long_name());
  const auto nearest = nearest_name(name, known);
  return fmt::format("unknown option '{}'{}", name,
                     nearest.empty() ? std::string() : fmt::format("; did you mean '{}'?", nearest));
}

/// Boost reads "-1" into an unsigned number as a huge one; here that is no number.
void refuse_negative(const po::parsed_options& parsed, const po::variables_map& values) {
  for (const auto& option : parsed.options) {
    const bool negative = !option.value.empty() && option.value[0].starts_with('-');
    if (negative && boost::any_cast<std::uint64_t>(&values[option.string_key].value()) != nullptr) {
      po::validation_error refusal(po::validation_error::invalid_option_value, option.string_key);
      refusal.set_substitute("value", option.value[0]);
      throw refusal;
    }
  }
}

/// Settings of sections that the user names go to `named`.
void store_file(const std::filesystem::path& path, const po::options_description& options,
                const std::vector<std::string>& named_sections, po::variables_map& values,
                std::vector<Setting>& named) {
  const auto settings = read_ini(path);
  po::parsed_options parsed(&options);
  for (const auto& [name, value, row] : settings) {
    if (std::ranges::any_of(named_sections, [&](const auto& section) { return name.starts_with(section); })) {
      named.push_back({name, value, row});
      continue;
    }
    if (options.find_nothrow(name, false) == nullptr)
      throw InputError({path, row}, unknown_name(name, options, named_sections), ExitCode::usage);
    po::option option(name, {value});
    option.original_tokens = {name, value};
    parsed.options.push_back(std::move(option));
  }
  try {
    po::store(parsed, values);
    refuse_negative(parsed, values);
  } catch (const po::error_with_option_name& e) {
    const auto at =
        std::ranges::find(settings.rbegin(), settings.rend(), without_dashes(e.get_option_name()), &Setting::name);
    throw InputError({path, at == settings.rend() ? 0 : at->row}, e.what(), ExitCode::usage);
  }
}

bool shapes_results(const std::string& option) {
  constexpr std::array others{"help",      "config", "dump-config", "out",  "threads",    "quiet",
                              "log-level", "from",   "to",          "plan", "plan-ranks", "plan-threads"};
  return std::ranges::find(others, option) == others.end();
}

/// The lines of an option that was given several times, or one.
std::string lines_of(const std::string& name, const boost::any& value) {
  const auto* list = boost::any_cast<std::vector<std::string>>(&value);
  if (list == nullptr) return fmt::format("{} = {}\n", name, as_text(value));
  std::string text;
  for (const auto& entry : *list) text += fmt::format("{} = {}\n", name, entry);
  return text;
}

std::string dump_of(const po::options_description& options, const po::variables_map& values) {
  std::string text, section;
  for (const auto& option : options.options()) {
    const auto& name = option->long_name();
    const auto dot = name.find('.');
    const auto given = values.find(name);
    if (given == values.end() || !shapes_results(name)) continue;
    if (dot != std::string::npos && name.substr(0, dot) != section) {
      section = name.substr(0, dot);
      text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", section);
    }
    text += fmt::format("# {}\n{}", option->description(), lines_of(name.substr(dot + 1), given->second.value()));
  }
  return text;
}

}  // namespace

std::vector<Setting> read_ini(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::error_code none;
  if (std::filesystem::is_directory(path, none)) throw NotFoundError({path}, "is a folder, not an INI file");
  if (!file) throw NotFoundError({path});
  std::vector<Setting> settings;
  std::string line, section;
  for (std::int64_t row = 1; std::getline(file, line); ++row) {
    if (row == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    const auto text = trimmed(without_comment(line));
    if (text.empty() || text[0] == ';') continue;
    if (text.front() == '[' && text.back() == ']') {
      section = trimmed(text.substr(1, text.size() - 2)) + ".";
      continue;
    }
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw InputError({path, row}, fmt::format("'{}' is neither '[section]' nor 'name = value'", text),
                       ExitCode::usage);
    settings.push_back({section + trimmed(text.substr(0, equals)), trimmed(text.substr(equals + 1)), row});
  }
  return settings;
}

Configuration configure(const std::vector<std::string>& arguments, const po::options_description& options,
                        const po::positional_options_description& positional, const std::string& config_option,
                        const std::vector<std::string>& named_sections) {
  Configuration c;
  try {
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    const auto parsed = po::command_line_parser(arguments).options(options).positional(positional).style(style).run();
    po::store(parsed, c.values);
    refuse_negative(parsed, c.values);
    if (c.values.count(config_option) > 0 && !c.values[config_option].as<std::string>().empty()) {
      const std::filesystem::path path = c.values[config_option].as<std::string>();
      c.folder = path.parent_path();
      store_file(path, options, named_sections, c.values, c.named);
    }
  } catch (const po::unknown_option& e) {
    throw UsageError(unknown_name(without_dashes(e.get_option_name()), options));
  } catch (const po::too_many_positional_options_error&) {
    throw UsageError("too many arguments; names with a space need quotes");
  } catch (const po::error& e) {
    throw UsageError(e.what());
  }
  for (const auto& [name, value] : c.values)
    if (shapes_results(name)) c.effective[name] = as_text(value.value());
  c.dump = dump_of(options, c.values);
  std::string section;
  for (const auto& [name, value, row] : c.named) {
    const auto dot = name.rfind('.');
    if (name.substr(0, dot) != section) c.dump += fmt::format("\n[{}]\n", section = name.substr(0, dot));
    c.dump += fmt::format("{} = {}\n", name.substr(dot + 1), value);
    c.effective[name] = value;
  }
  return c;
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= text.size();) {
    const auto comma = std::min(text.find(',', from), text.size());
    if (auto part = trimmed(std::string_view(text).substr(from, comma - from)); !part.empty())
      parts.push_back(std::move(part));
    from = comma + 1;
  }
  return parts;
}

}  // namespace miura::app
