#include "app/stored_page.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "app/folder_lock.hpp"
#include "app/provenance.hpp"
#include "miura/base/error.hpp"
#include "miura/base/sha256.hpp"
#include "miura/base/version.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/report/stored_report.hpp"
#include "miura/report/whole_file.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

std::vector<std::uint8_t> bytes_of(const fs::path& stored) {
  std::ifstream file(stored, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string page_of(const fs::path& stored) {
  try {
    return report::render_stored(bytes_of(stored));
  } catch (const std::invalid_argument& e) {
    throw InputError({stored}, e.what());
  }
}

void check_has_page(const fs::path& result) {
  if (!fs::is_directory(result)) throw NotFoundError({result}, "not found, or no folder");
  for (const auto& file : {result / stored_page_file, result / "provenance.json"})
    if (!fs::exists(file)) throw NotFoundError({file}, "not found: this is no result of miura with a page");
}

}  // namespace

bool same_page_of_other_files(const fs::path& a, const fs::path& b) {
  try {
    return report::with_inputs(bytes_of(a / stored_page_file), {}) ==
           report::with_inputs(bytes_of(b / stored_page_file), {});
  } catch (const std::invalid_argument&) {
    return false;
  }
}

void render_elsewhere(MPI_Comm comm, const fs::path& result, const fs::path& folder) {
  parallel::together(comm, [&] {
    check_has_page(result);
    if (parallel::rank_of(comm) != 0) return;
    if (fs::exists(folder / "provenance.json"))
      throw Error(ExitCode::cannot_create, folder.string() + ": holds another result; choose another --out");
    std::error_code failure;
    fs::create_directories(folder, failure);
    if (failure) throw Error(ExitCode::cannot_create, folder.string() + ": cannot be created: " + failure.message());
    report::write_whole_file(folder / "report.html", page_of(result / stored_page_file));
  });
}

bool render_again(MPI_Comm comm, const fs::path& out) {
  const auto stored = out / stored_page_file, page = out / "report.html", record_file = out / "provenance.json";
  parallel::together(comm, [&] { check_has_page(out); });
  const FolderLock lock(comm, out / "checkpoint");
  std::int32_t other = 0;
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) != 0) return;
    auto record = read_provenance(out);
    if (!record.is_object() || !record.contains("outputs")) throw InputError({record_file}, "is no record of a result");
    report::write_whole_file(page, page_of(stored));
    const auto digest = sha256_of_file(page);
    other = record["outputs"]["report.html"] != digest ? 1 : 0;
    if (other == 0) return;
    record.erase("record_sha256");
    record["outputs"]["report.html"] = digest;
    record["rendered_again"] = {{"version", version()}, {"commit", commit()}, {"written", utc_now()}};
    report::write_whole_file(record_file, sealed(record));
  });
  return parallel::max_over_ranks(comm, other) == 1;
}

}  // namespace miura::app
