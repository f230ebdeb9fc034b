#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace miura::input {

/// What a row of a list of genes holds: a name alone, or a name and further fields that nobody asks for.
enum class GeneRow { name, name_first };

/// Reads a list of genes: a name a row (plain or gzip, any line ends); rows that are blank, missing (NA) or begin with #
/// are passed over. InputError for a row of several fields where a name alone is expected, and for an empty list. Not
/// collective.
std::vector<std::string> read_gene_list(const std::filesystem::path& path, GeneRow row = GeneRow::name);

/// A row belongs to what was found if the number in this column is small or large enough; a missing one is not.
struct Condition {
  std::string column;
  bool at_most = true;
  double bound = 0;
};

struct GeneTableOptions {
  std::string gene = "gene";           ///< column of names
  std::string score = {};              ///< column of numbers whose sign is the direction; empty: none
  std::string group = {};              ///< column of labels, e.g. the cluster; empty: none
  std::vector<Condition> select = {};  ///< all must hold
};

/// A row of a table of tested genes.
struct TestedGene {
  std::string gene, group;
  double score = 0;  ///< NaN: missing
  bool selected = true;
};

/// Reads a table of genes with a header (CSV or TSV, plain or gzip). Rows without a name of the gene (empty, NA) are
/// left out. InputError, with file, row and column, for columns that are not there and text where numbers belong. Not
/// collective.
std::vector<TestedGene> read_gene_table(const std::filesystem::path& path, const GeneTableOptions& options);

}  // namespace miura::input
