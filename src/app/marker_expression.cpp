#include "app/marker_expression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "miura/base/error.hpp"
#include "miura/hdf5/reader.hpp"
#include "miura/matrix/cells.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/pseudobulk/lot_expression.hpp"
#include "miura/pseudobulk/sum_counts.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t counts_a_portion = std::int64_t{1} << 21;

/// A gene and the group of cells it is looked at in.
struct Marker {
  std::string name;
  std::int32_t gene = 0, cluster = -1;  ///< its place in var; in ComparedLots::clusters, -1: all cells
};

/// Where the genes of a study are found by what users call them.
class GeneNames {
public:
  explicit GeneNames(hid_t file)
      : symbol_(hdf5::StoredArray(file, "var/_index").read_texts()),
        id_(hdf5::StoredArray(file, "var/gene_ids").read_texts()) {}

  std::int32_t size() const { return static_cast<std::int32_t>(std::ssize(symbol_)); }
  /// -1 for a gene that is not there.
  std::int32_t place_of(const std::string& name) const {
    for (const auto* names : {&symbol_, &id_})
      if (const auto at = std::ranges::find(*names, name); at != names->end())
        return static_cast<std::int32_t>(at - names->begin());
    return -1;
  }

private:
  std::vector<std::string> symbol_, id_;
};

Marker understood(const std::string& typed, const GeneNames& genes, const ComparedLots& study) {
  const auto colon = typed.rfind(':');
  Marker marker{.name = typed, .gene = genes.place_of(typed)};
  if (marker.gene >= 0 || colon == std::string::npos) {
    if (marker.gene < 0) throw UsageError(fmt::format("--marker {}: the study has no such gene", typed));
    return marker;
  }
  const auto gene = typed.substr(0, colon), cluster = typed.substr(colon + 1);
  marker.gene = genes.place_of(gene);
  if (marker.gene < 0) throw UsageError(fmt::format("--marker {}: the study has no gene {}", typed, gene));
  if (!study.primary)
    throw UsageError(fmt::format("--marker {}: cells have clusters of the primary partition only", typed));
  const auto at = std::ranges::find(study.clusters, cluster);
  if (at == study.clusters.end())
    throw UsageError(fmt::format("--marker {}: the partition has {}", typed, fmt::join(study.clusters, ", ")));
  marker.cluster = static_cast<std::int32_t>(at - study.clusters.begin());
  return marker;
}

/// Cluster of each of this rank's cells, by its place in ComparedLots::clusters; those of `column` go to cells that
/// have none yet.
void read_labels(hid_t file, const std::string& column, const ComparedLots& study, std::int64_t first,
                 std::vector<std::int32_t>& label) {
  if (!hdf5::exists(file, column)) return;
  std::vector<std::int32_t> place;
  for (const auto& name : hdf5::StoredArray(file, column + "/categories").read_texts()) {
    const auto at = std::ranges::find(study.clusters, name);
    place.push_back(at == study.clusters.end() ? -1 : static_cast<std::int32_t>(at - study.clusters.begin()));
  }
  std::vector<std::int32_t> codes(label.size());
  hdf5::StoredArray(file, column + "/codes").read_rows<std::int32_t>(first, std::ssize(codes), codes);
  for (std::size_t i = 0; i < codes.size(); ++i)
    if (label[i] < 0 && codes[i] >= 0 && codes[i] < std::ssize(place)) label[i] = place[codes[i]];
}

/// Whether mapped cells were given clusters of the partition, and not other labels.
bool clusters_were_transferred(hid_t file, const ComparedLots& study) {
  const std::string transferred = "uns/miura/transferred";
  return hdf5::exists(file, transferred) &&
         hdf5::StoredArray(file, transferred).read_texts().front() == study.partition;
}

/// Counts of the cells [first, first + n): a column for each wanted gene, and a last one for the sum of all others, so
/// that rows add up to what was counted. `column_of` has a place for every gene.
matrix::CountRows read_counts(hid_t file, const fs::path& path, std::int64_t first, std::int64_t n,
                              const std::vector<std::int32_t>& column_of, std::int32_t n_wanted) {
  matrix::CountRows rows;
  std::vector<std::int64_t> start(n + 1);
  hdf5::StoredArray(file, "layers/counts/indptr").read_rows<std::int64_t>(first, n + 1, start);
  const hdf5::StoredArray index(file, "layers/counts/indices"), data(file, "layers/counts/data");
  std::vector<std::int32_t> gene, count;
  std::vector<std::int64_t> summed(n_wanted + 1);
  for (std::int64_t from = 0, to = 0; from < n; from = to) {
    to = from + 1;
    while (to < n && start[to + 1] - start[from] <= counts_a_portion) ++to;
    const auto entries = start[to] - start[from];
    gene.resize(entries);
    count.resize(entries);
    index.read_rows<std::int32_t>(start[from], entries, gene);
    data.read_rows<std::int32_t>(start[from], entries, count);
    for (auto cell = from; cell < to; ++cell) {
      std::ranges::fill(summed, 0);
      for (auto e = start[cell] - start[from]; e < start[cell + 1] - start[from]; ++e) {
        if (gene[e] < 0 || gene[e] >= std::ssize(column_of) || count[e] < 0)
          throw InputError({path}, "layers/counts holds what is no count of a gene");
        summed[column_of[gene[e]]] += count[e];
      }
      for (std::int32_t c = 0; c <= n_wanted; ++c)
        if (summed[c] > 0) rows.push(c, static_cast<std::uint32_t>(summed[c]));
      rows.end_row();
    }
  }
  return rows;
}

/// Everything that one rank reads of its cells.
struct MarkerCells {
  std::vector<Marker> markers;
  std::vector<std::int32_t> label;
  matrix::DistributedCells cells;
};

MarkerCells read_cells(const fs::path& path, int rank, const ComparedLots& study,
                       const std::vector<std::string>& typed) {
  const auto file = hdf5::open_to_read(path);
  if (!hdf5::exists(file.get(), "layers/counts"))
    throw UsageError(fmt::format("--marker {}: this study has no counts of genes", typed.front()));
  const GeneNames genes(file.get());
  MarkerCells found;
  for (const auto& text : typed) found.markers.push_back(understood(text, genes, study));
  const auto n_wanted = static_cast<std::int32_t>(std::ssize(typed));
  std::vector<std::int32_t> column_of(genes.size(), n_wanted);
  for (std::int32_t m = 0; m < n_wanted; ++m)
    column_of[found.markers[m].gene] = m;  // one column for a gene named twice
  const auto& part = study.cells.points;
  const auto first = part.begin(rank), n = part.n_local(rank);
  found.label.assign(n, -1);
  read_labels(file.get(), "obs/cluster", study, first, found.label);
  if (clusters_were_transferred(file.get(), study))
    read_labels(file.get(), "obs/mapped_cluster", study, first, found.label);
  found.cells.partition = part;
  found.cells.mine.lot = study.lot_of;
  found.cells.mine.counts = read_counts(file.get(), path, first, n, column_of, n_wanted);
  for (auto& marker : found.markers) marker.gene = column_of[marker.gene];
  return found;
}

}  // namespace

std::vector<MarkerExpression> read_marker_expression(MPI_Comm comm, const fs::path& result, const ComparedLots& study,
                                                     const std::vector<std::string>& typed) {
  std::vector<MarkerExpression> expression;
  if (typed.empty()) return expression;
  MarkerCells found;
  parallel::together(comm, [&] { found = read_cells(result / "study.h5ad", parallel::rank_of(comm), study, typed); });
  const auto sums = pseudobulk::sum_counts(comm, found.cells, found.label,
                                           {.n_genes = static_cast<std::int32_t>(std::ssize(typed)) + 1,
                                            .n_lots = study.composition.n_lots,
                                            .n_clusters = study.composition.n_clusters});
  const std::vector<std::uint8_t> all_lots(study.lots.size(), 1);
  for (const auto& marker : found.markers) {
    const auto of_genes = gather(comm, pseudobulk::lot_expression(sums, marker.cluster + 1, all_lots, {}));
    const auto lots = of_genes.of(marker.gene);
    expression.push_back({marker.name, {lots.begin(), lots.end()}});
  }
  return expression;
}

}  // namespace miura::app
