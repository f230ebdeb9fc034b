#include "app/compared_lots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "app/result_table.hpp"
#include "miura/base/error.hpp"
#include "miura/hdf5/reader.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

void read_lots(const fs::path& path, matrix::Lots& lots) {
  if (!fs::exists(path)) throw NotFoundError({path}, "not found: this is no result folder of miura run or map");
  for (ResultTable table(path); table.next();) {
    matrix::Lot lot{.id = table.text("lot"), .path = {}, .format = {}};
    if (std::ranges::find(lots, lot.id, &matrix::Lot::id) != lots.end())
      throw InputError({path}, fmt::format("lot {} is already among the lots that are compared", lot.id));
    lot.source = table.text("source");
    lot.role = table.text("role");
    lot.donor = table.text("donor");
    lot.process = table.text("process");
    if (table.has("pair")) lot.pair = table.text("pair");
    lots.push_back(std::move(lot));
  }
}

std::int32_t place_of(const matrix::Lots& lots, const std::string& id, const fs::path& file) {
  const auto at = std::ranges::find(lots, id, &matrix::Lot::id);
  if (at == lots.end()) throw InputError({file}, fmt::format("lot {} is not in tables/lots.tsv", id));
  return static_cast<std::int32_t>(at - lots.begin());
}

using CellCounts = std::map<std::pair<std::string, std::int32_t>, std::int64_t>;

std::string partition_of(const ResultTable& table) {
  return fmt::format("{},{},{}", table.text("integration"), table.text("resolution"), table.text("seed"));
}

/// The cells of one partition, by cluster and lot. Empty `chosen`: the first one.
void read_composition(const fs::path& path, std::string& chosen, ComparedLots& found, CellCounts& cells) {
  std::string primary;
  std::set<std::string> known;
  for (ResultTable table(path); table.next();) {
    const auto partition = partition_of(table);
    known.insert(partition);
    if (primary.empty()) primary = partition;
    if (chosen.empty()) chosen = partition;
    if (partition != chosen) continue;
    found.partition =
        fmt::format("{},{},{}", table.text("integration"), table.number("resolution"), table.text("seed"));
    const auto cluster = table.text("cluster");
    if (std::ranges::find(found.clusters, cluster) == found.clusters.end()) found.clusters.push_back(cluster);
    cells[{cluster, place_of(found.lots, table.text("lot"), path)}] = static_cast<std::int64_t>(table.number("cells"));
  }
  if (known.empty()) throw InputError({path}, "holds no partition");
  if (!known.contains(chosen))
    throw UsageError(fmt::format("--partition is one of {}; not {}", fmt::join(known, " "), chosen));
  found.primary = chosen == primary;
}

/// The cells of mapped lots, by the labels of that partition.
void read_mapped_composition(const fs::path& path, const std::string& chosen, const ComparedLots& found,
                             CellCounts& cells) {
  bool any = false;
  for (ResultTable table(path); table.next();) {
    if (partition_of(table) != chosen) continue;
    any = true;
    cells[{table.text("cluster"), place_of(found.lots, table.text("lot"), path)}] =
        static_cast<std::int64_t>(table.number("cells"));
  }
  if (!any) throw UsageError(fmt::format("{}: its lots were not given the clusters of {}", path.string(), chosen));
}

void set_composition(const CellCounts& cells, ComparedLots& found) {
  auto& c = found.composition;
  c.n_lots = static_cast<std::int32_t>(std::ssize(found.lots));
  c.n_clusters = static_cast<std::int32_t>(std::ssize(found.clusters));
  c.lot_size.assign(c.n_lots, 0);
  for (const auto& cluster : found.clusters)
    for (std::int32_t l = 0; l < c.n_lots; ++l) {
      const auto at = cells.find({cluster, l});
      c.count.push_back(at == cells.end() ? 0 : at->second);
      c.lot_size[l] += c.count.back();
    }
}

void read_outside_shares(const fs::path& path, ComparedLots& found) {
  if (!fs::exists(path)) return;
  found.outside_share.resize(found.lots.size(), std::numeric_limits<double>::quiet_NaN());
  for (ResultTable table(path); table.next();)
    found.outside_share[place_of(found.lots, table.text("lot"), path)] = table.number("share_outside");
}

void read_primary_outcomes(const fs::path& path, ComparedLots& found) {
  if (!fs::exists(path)) return;
  for (ResultTable table(path); table.next();) {
    const auto name = table.text("outcome");
    if (table.text("family") == "primary" && std::ranges::find(found.outcomes, name) == found.outcomes.end())
      found.outcomes.push_back(name);
  }
}

/// Where the cells of a file come, and that they are on the components of the first one.
void add_file(const fs::path& path, ComparedLots& found) {
  const auto file = hdf5::open_to_read(path);
  const hdf5::StoredArray scores(file.get(), "obsm/X_pca"), codes(file.get(), "obs/lot/codes");
  if (codes.n_rows() != scores.n_rows()) throw InputError({path}, "obsm/X_pca and obs/lot have different lengths");
  const auto n_dims = static_cast<std::int32_t>(scores.width());
  if (!found.files.empty() && n_dims != found.cells.n_dims)
    throw InputError({path}, fmt::format("has {} components, the study {}", n_dims, found.cells.n_dims));
  found.cells.n_dims = n_dims;
  const auto first = found.files.empty() ? 0 : found.files.back().first + found.files.back().n_cells;
  found.files.push_back({path, first, scores.n_rows()});
}

/// This rank's share of the cells.
void read_cells(int rank, ComparedLots& found) {
  for_each_piece(found, rank, [&](const CellFile& of, std::int64_t first, std::int64_t n) {
    const auto file = hdf5::open_to_read(of.path);
    std::vector<std::int32_t> place, code(n);
    for (const auto& id : hdf5::StoredArray(file.get(), "obs/lot/categories").read_texts())
      place.push_back(place_of(found.lots, id, of.path));
    std::vector<float> score(n * found.cells.n_dims);
    hdf5::StoredArray(file.get(), "obsm/X_pca").read_rows<float>(first, n, score);
    found.cells.value.insert(found.cells.value.end(), score.begin(), score.end());
    hdf5::StoredArray(file.get(), "obs/lot/codes").read_rows<std::int32_t>(first, n, code);
    for (const auto c : code) {
      if (c < 0 || c >= std::ssize(place)) throw InputError({of.path}, "obs/lot has a cell without lot");
      found.lot_of.push_back(place[c]);
    }
  });
}

}  // namespace

ComparedLots read_compared_lots(MPI_Comm comm, const fs::path& result, const std::vector<std::string>& mapped,
                                const std::string& partition) {
  ComparedLots found;
  std::vector<fs::path> folders{result};
  folders.insert(folders.end(), mapped.begin(), mapped.end());
  parallel::together(comm, [&] {
    for (const auto& folder : folders) read_lots(folder / "tables" / "lots.tsv", found.lots);
    std::ranges::sort(found.lots, {}, &matrix::Lot::id);  // as the study has them
    CellCounts cells;
    auto chosen = partition;
    read_composition(result / "tables" / "composition.tsv", chosen, found, cells);
    for (const auto& folder : folders) {
      const auto tables = folder / "tables";
      if (folder != result) read_mapped_composition(tables / "composition.tsv", chosen, found, cells);
      read_outside_shares(tables / "mapped_lots.tsv", found);
      add_file(folder / "study.h5ad", found);
    }
    set_composition(cells, found);
    read_primary_outcomes(result / "tables" / "association.tsv", found);
    const auto rank = parallel::rank_of(comm);
    found.cells.points =
        parallel::Partition::even(found.files.back().first + found.files.back().n_cells, parallel::size_of(comm));
    read_cells(rank, found);
  });
  return found;
}

}  // namespace miura::app
