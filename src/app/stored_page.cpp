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

}  // namespace

bool same_page_of_other_files(const fs::path& a, const fs::path& b) {
  try {
    return report::with_inputs(bytes_of(a / stored_page_file), {}) ==
           report::with_inputs(bytes_of(b / stored_page_file), {});
  } catch (const std::invalid_argument&) {
    return false;
  }
}

bool render_again(MPI_Comm comm, const fs::path& out) {
  const auto stored = out / stored_page_file, page = out / "report.html", record_file = out / "provenance.json";
  parallel::together(comm, [&] {
    for (const auto& file : {stored, record_file})
      if (!fs::exists(file)) throw NotFoundError({file}, "not found: this is no result of miura with a page");
  });
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
