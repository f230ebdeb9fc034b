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

matrix::Lots read_lots(const fs::path& path) {
  if (!fs::exists(path)) throw NotFoundError({path}, "not found: this is no result folder of miura run");
  matrix::Lots lots;
  for (ResultTable table(path); table.next();) {
    matrix::Lot lot{.id = table.text("lot"), .path = {}, .format = {}};
    lot.source = table.text("source");
    lot.role = table.text("role");
    lot.donor = table.text("donor");
    lot.process = table.text("process");
    if (table.has("pair")) lot.pair = table.text("pair");
    lots.push_back(std::move(lot));
  }
  return lots;
}

std::int32_t place_of(const matrix::Lots& lots, const std::string& id, const fs::path& file) {
  const auto at = std::ranges::find(lots, id, &matrix::Lot::id);
  if (at == lots.end()) throw InputError({file}, fmt::format("lot {} is not in tables/lots.tsv", id));
  return static_cast<std::int32_t>(at - lots.begin());
}

/// The cells of one partition, by cluster and lot.
void read_composition(const fs::path& path, const std::string& wanted, ComparedLots& found) {
  std::string chosen = wanted, primary;
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> cells;
  std::set<std::string> known;
  for (ResultTable table(path); table.next();) {
    const auto partition =
        fmt::format("{},{},{}", table.text("integration"), table.text("resolution"), table.text("seed"));
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
  found.outside_share.assign(found.lots.size(), std::numeric_limits<double>::quiet_NaN());
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

/// This rank's share of the cells.
void read_cells(int rank, int ranks, const fs::path& path, ComparedLots& found) {
  const auto file = hdf5::open_to_read(path);
  const hdf5::StoredArray scores(file.get(), "obsm/X_pca"), codes(file.get(), "obs/lot/codes");
  const auto ids = hdf5::StoredArray(file.get(), "obs/lot/categories").read_texts();
  if (codes.n_rows() != scores.n_rows()) throw InputError({path}, "obsm/X_pca and obs/lot have different lengths");
  std::vector<std::int32_t> place;
  for (const auto& id : ids) place.push_back(place_of(found.lots, id, path));
  found.cells.points = parallel::Partition::even(scores.n_rows(), ranks);
  found.cells.n_dims = static_cast<std::int32_t>(scores.width());
  const auto first = found.cells.points.begin(rank), n = found.cells.points.n_local(rank);
  found.cells.value.resize(n * scores.width());
  scores.read_rows<float>(first, n, found.cells.value);
  found.lot_of.resize(n);
  codes.read_rows<std::int32_t>(first, n, found.lot_of);
  for (auto& code : found.lot_of) {
    if (code < 0 || code >= std::ssize(place)) throw InputError({path}, "obs/lot has a cell without lot");
    code = place[code];
  }
}

}  // namespace

ComparedLots read_compared_lots(MPI_Comm comm, const fs::path& result, const std::string& partition) {
  ComparedLots found;
  parallel::together(comm, [&] {
    found.lots = read_lots(result / "tables" / "lots.tsv");
    read_composition(result / "tables" / "composition.tsv", partition, found);
    read_outside_shares(result / "tables" / "mapped_lots.tsv", found);
    read_primary_outcomes(result / "tables" / "association.tsv", found);
    read_cells(parallel::rank_of(comm), parallel::size_of(comm), result / "study.h5ad", found);
  });
  return found;
}

}  // namespace miura::app
