#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "miura/matrix/probe_annotation.hpp"

namespace miura::input {

/// Reads where the probes of a table lie (CSV or TSV, plain or gzip; a row a probe, or several): columns `probe`,
/// `gene` and `region_class`, or with the names of Illumina's manifests `IlmnID` (or `Name`), `UCSC_RefGene_Name` and
/// `UCSC_RefGene_Group`. Several genes of a probe are separated by `;`, and their regions in the same order. The
/// heading of a manifest before the line of column names is passed over, as is what follows `[Controls]`.
/// Columns `chromosome` and `position` (`CHR` and `MAPINFO`) are read where both are there.
/// `probes`: those of the table, in its order; others are passed over. InputError for a file without such columns, or
/// with a row that has other numbers of genes and of regions, or a position that is no number. Not collective.
matrix::ProbeAnnotation read_probe_annotation(const std::filesystem::path& path, std::span<const std::string> probes);

}  // namespace miura::input
