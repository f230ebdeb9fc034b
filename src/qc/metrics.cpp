#include "miura/qc/metrics.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace miura::qc {

namespace {

/// Genes of the human mitochondrial genome in GENCODE 44, as listed by Teichlab/celltypist (MIT licence),
/// GENCODEv44_Gene_id2name.csv; ascending.
constexpr std::array<std::string_view, 37> human_mitochondrial_ids = {
    "ENSG00000198695", "ENSG00000198712", "ENSG00000198727", "ENSG00000198763", "ENSG00000198786", "ENSG00000198804",
    "ENSG00000198840", "ENSG00000198886", "ENSG00000198888", "ENSG00000198899", "ENSG00000198938", "ENSG00000209082",
    "ENSG00000210049", "ENSG00000210077", "ENSG00000210082", "ENSG00000210100", "ENSG00000210107", "ENSG00000210112",
    "ENSG00000210117", "ENSG00000210127", "ENSG00000210135", "ENSG00000210140", "ENSG00000210144", "ENSG00000210151",
    "ENSG00000210154", "ENSG00000210156", "ENSG00000210164", "ENSG00000210174", "ENSG00000210176", "ENSG00000210184",
    "ENSG00000210191", "ENSG00000210194", "ENSG00000210195", "ENSG00000210196", "ENSG00000211459", "ENSG00000212907",
    "ENSG00000228253"};
static_assert(std::ranges::is_sorted(human_mitochondrial_ids));

bool is_mitochondrial(std::string_view id, std::string_view symbol) {
  return symbol.starts_with("MT-") || symbol.starts_with("mt-") ||
         std::ranges::binary_search(human_mitochondrial_ids, id.substr(0, id.find('.')));
}

/// Columns [begin, end).
struct Columns {
  std::int32_t begin, end;
};

/// The columns that are marked, neighbors together.
std::vector<Columns> stretches_of(std::span<const std::uint8_t> mark) {
  std::vector<Columns> stretches;
  for (std::int32_t g = 0; g < std::ssize(mark); ++g) {
    if (mark[g] == 0) continue;
    if (stretches.empty() || stretches.back().end < g) stretches.push_back({g, g});
    stretches.back().end = g + 1;
  }
  return stretches;
}

}  // namespace

std::vector<std::uint8_t> mitochondrial_genes(const matrix::Features& genes) {
  std::vector<std::uint8_t> mark(genes.size());
  for (std::int32_t g = 0; g < genes.size(); ++g) mark[g] = is_mitochondrial(genes.id[g], genes.symbol[g]) ? 1 : 0;
  return mark;
}

CellMetrics cell_metrics(const matrix::CellBlock& cells, std::span<const std::uint8_t> mitochondrial) {
  const auto n = cells.counts.n_rows();
  CellMetrics metrics{std::vector<std::int64_t>(n), std::vector<std::int32_t>(n), std::vector<double>(n)};
  const auto stretches = stretches_of(mitochondrial);  // few genes, and mostly side by side
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < n; ++i) {
    const auto all = cells.counts.sum(i);
    std::int64_t mito = 0;
    for (const auto& columns : stretches)
      cells.counts.for_each(i, columns.begin, columns.end, [&](std::int32_t, std::uint32_t count) { mito += count; });
    metrics.n_counts[i] = all;
    metrics.n_genes[i] = static_cast<std::int32_t>(cells.counts.n_nonzeros(i));
    metrics.pct_mito[i] = all > 0 ? 100.0 * static_cast<double>(mito) / static_cast<double>(all) : 0.0;
  }
  return metrics;
}

}  // namespace miura::qc
