#pragma once

#include <mpi.h>

#include <filesystem>

namespace miura::app {

/// What report.html shows, beside it in a result folder.
inline constexpr const char* stored_page_file = "report.cbor";

/// Renders report.html of a finished result again, from report.cbor alone, and enters it into provenance.json. Returns
/// whether it is another page than before. NotFoundError without report.cbor or provenance.json, InputError where one
/// of them is none, Error(cannot_create) while another run writes there. Collective.
bool render_again(MPI_Comm comm, const std::filesystem::path& out);

}  // namespace miura::app
