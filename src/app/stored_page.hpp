#pragma once

#include <mpi.h>

#include <filesystem>

namespace miura::app {

/// What report.html shows, beside it in a result folder.
inline constexpr const char* stored_page_file = "report.cbor";

/// Whether the pages of two results show the same but for the digests of what they were made from: files may say the
/// same in other bytes, as with cells in another order. False where one has no report.cbor that can be read.
bool same_page_of_other_files(const std::filesystem::path& a, const std::filesystem::path& b);

/// Renders report.html of a finished result again, from report.cbor alone, and enters it into provenance.json. Returns
/// whether it is another page than before. NotFoundError without report.cbor or provenance.json, InputError where one
/// of them is none, Error(cannot_create) while another run writes there. Collective.
bool render_again(MPI_Comm comm, const std::filesystem::path& out);

/// Renders the page of a finished result as report.html of another folder; the result stays as it is. Errors as above;
/// Error(cannot_create) too where the folder cannot be made or holds a result of its own. Collective.
void render_elsewhere(MPI_Comm comm, const std::filesystem::path& result, const std::filesystem::path& folder);

}  // namespace miura::app
