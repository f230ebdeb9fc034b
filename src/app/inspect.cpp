#include <H5Fpublic.h>
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/common_options.hpp"
#include "app/provenance.hpp"
#include "app/stored_page.hpp"
#include "app/subcommand.hpp"
#include "miura/base/error.hpp"
#include "miura/base/sha256.hpp"
#include "miura/hdf5/differences.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

constexpr const char* what_is_read =
    "miura inspect reads result folders of miura and HDF5 files (.h5ad, .h5); 10x folders and tables are read by miura "
    "run, with a sample sheet that names them";

nlohmann::ordered_json provenance_of(const fs::path& result) {
  if (!fs::exists(result / "provenance.json"))
    throw InputError({result}, fmt::format("is no result folder of miura (no provenance.json); {}", what_is_read));
  auto record = read_provenance(result);
  if (!record.is_object() || !record.contains("outputs"))
    throw InputError({result / "provenance.json"}, "cannot be read");
  return record;
}

void check_hdf5(const fs::path& path) {
  if (H5Fis_hdf5(path.c_str()) <= 0) throw InputError({path}, fmt::format("is no HDF5 file; {}", what_is_read));
}

std::string describe_result(const fs::path& result) {
  const auto record = provenance_of(result);
  auto text = fmt::format("result of {} {} ({}), written {}\n", record.value("program", ""),
                          record.value("version", ""), record.value("commit", ""), record.value("written", ""));
  if (record.contains("labels"))
    text += fmt::format("labels {}\n", record.at("labels").at("digest").get<std::string>());
  for (const auto& [name, digest] : record.at("outputs").items()) {
    std::error_code missing;
    const auto size = fs::file_size(result / name, missing);
    text += missing ? fmt::format("  {:<28} missing\n", name) : fmt::format("  {:<28} {:>12} bytes\n", name, size);
  }
  return text;
}

std::string describe_file(const fs::path& path) {
  check_hdf5(path);
  std::string text;
  for (const auto& [name, description] : hdf5::contents(path))
    text += fmt::format("{}{:<{}} {}\n", std::string(2 * (std::ranges::count(name, '/') - 1), ' '),
                        name.substr(name.rfind('/') + 1), 40 - 2 * (std::ranges::count(name, '/') - 1), description);
  return text;
}

/// Compares every output with the digest that was noted when it was written.
std::string verify(const fs::path& result) {
  const auto record = provenance_of(result);
  std::string bad;
  {
    std::ifstream file(result / "provenance.json");
    if (!is_sealed(std::string(std::istreambuf_iterator<char>(file), {})))
      bad = "provenance.json is not what was written";
  }
  int n = 1;
  for (const auto& [name, digest] : record.at("outputs").items()) {
    ++n;
    if (!fs::exists(result / name))
      bad += fmt::format("{}{} is missing", bad.empty() ? "" : "; ", name);
    else if (sha256_of_file(result / name) != digest.get<std::string>())
      bad += fmt::format("{}{} is not what was written", bad.empty() ? "" : "; ", name);
  }
  if (!bad.empty()) throw InputError({result}, bad);
  return fmt::format("{}: {} files, every checksum is right\n", result.string(), n);
}

/// The differences of two results or two HDF5 files, a line each. That they were made from other files is none.
std::vector<std::string> compare(const fs::path& a, const fs::path& b) {
  if (!fs::is_directory(a) && !fs::is_directory(b)) {
    check_hdf5(a);
    check_hdf5(b);
    return hdf5::differences(a, b);
  }
  std::vector<std::string> lines;
  const auto in_a = provenance_of(a).at("outputs"), in_b = provenance_of(b).at("outputs");
  for (const auto& [name, digest] : in_b.items())
    if (!in_a.contains(name)) lines.push_back(name + ": only in " + b.string());
  for (const auto& [name, digest] : in_a.items()) {
    if (!in_b.contains(name))
      lines.push_back(name + ": only in " + a.string());
    else if (name == "study.h5ad")
      for (const auto& line : hdf5::differences(a / name, b / name)) lines.push_back(name + line);
    else if (const bool of_page = name == "report.html" || name == stored_page_file;
             sha256_of_file(a / name) != sha256_of_file(b / name) && !(of_page && same_page_of_other_files(a, b)))
      lines.push_back(name + ": differs");
  }
  return lines;
}

/// What the user asked for: a text, or the differences of two.
struct Findings {
  std::string text;
  std::vector<std::string> different;
};

Findings find(const std::vector<std::string>& paths, bool verifying, bool comparing) {
  for (const auto& path : paths)
    if (!fs::exists(path)) throw NotFoundError({path});
  try {
    if (comparing) return {{}, compare(paths[0], paths[1])};
    if (verifying) return {verify(paths[0]), {}};
    return {fs::is_directory(paths[0]) ? describe_result(paths[0]) : describe_file(paths[0]), {}};
  } catch (const nlohmann::json::exception&) {
    throw InputError({fs::path(paths[0]) / "provenance.json"}, "is not as miura writes it");
  }
}

}  // namespace

int inspect(MPI_Comm comm, const std::vector<std::string>& arguments) {
  bool help = false, verifying = false, comparing = false;
  std::vector<std::string> paths;
  po::options_description options("miura inspect FILE | RESULT, miura inspect --diff A B");
  options.add_options()("help", po::bool_switch(&help), "print this and exit")(
      "verify", po::bool_switch(&verifying), "check every checksum of a result folder; 65 if one is wrong")(
      "diff", po::bool_switch(&comparing), "what two results or HDF5 files hold differently; 65 if anything")(
      "path", po::value(&paths), "file or result folder");
  po::positional_options_description positional;
  positional.add("path", -1);
  auto configuration = configure(arguments, options, positional, "");
  po::notify(configuration.values);
  if (help) {
    print(comm, fmt::format("{}", fmt::streamed(options)));
    return 0;
  }
  if (comparing ? paths.size() != 2 : paths.size() != 1)
    throw UsageError(comparing ? "miura inspect --diff takes two results or two files"
                               : "miura inspect takes one file or result folder");

  Findings found;
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) == 0) found = find(paths, verifying, comparing);
  });
  auto& different = found.different;
  parallel::broadcast(comm, different);
  if (comparing) {
    print(comm, different.empty() ? "no difference\n" : fmt::format("{}\n", fmt::join(different, "\n")));
    return different.empty() ? 0 : static_cast<int>(ExitCode::bad_input);
  }
  print(comm, found.text);
  return 0;
}

}  // namespace miura::app
