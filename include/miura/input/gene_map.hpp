#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace miura::input {

/// Reads which gene a probe, probe set or promoter belongs to (CSV or TSV, plain or gzip): a header, the probe in the
/// first column, the gene in the column `gene`, else in the second one. Probes whose gene is empty or NA are left out.
/// InputError for a file without a second column, and for a probe that is there twice with different genes. Not
/// collective.
std::map<std::string, std::string> read_gene_map(const std::filesystem::path& path);

}  // namespace miura::input
