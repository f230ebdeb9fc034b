#include "app/run_forecast.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "app/common_options.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

namespace {

constexpr double gib = 1024.0 * 1024.0 * 1024.0;

/// Constants of docs/scaling.md, all per single item; seconds are of one core.
namespace per {

// bytes in memory
constexpr double program = 50e6;    // libraries, MPI
constexpr double entry_read = 8.6;  // 6 that stay, the rest while lots are handed to the ranks that own them
constexpr double entry_kept = 6;
constexpr double entry_of_lot_being_read = 12;  // as text or slab
constexpr double cell = 700;                    // barcode, metrics, labels, components
constexpr double table_value = 8;
constexpr double component_entry = 8;  // of the variable genes, on the grid
constexpr double gram_pair = 28;       // of two variable genes: the Gram matrix, and what the eigensolver holds of it
constexpr double gram_pair_of_thread = 4;
constexpr double neighbor = 60;  // of a reference cell: search, shared neighbours, both directions
constexpr double place = 32;     // of a reference cell in the plane, on every rank
constexpr double partition = 8;  // a label, and the working copy
constexpr double written_entry = 0.5;

// bytes on the disk
constexpr double entry_in_checkpoint = 8;
constexpr double entry_in_study = 12;
constexpr double cell_in_files = 1500;
constexpr double files = 5e6;  // the page with its charts, tables, what HDF5 needs

// seconds
constexpr double entry_reading = 1.25e-7;
constexpr double entry_normalizing = 3e-9;
constexpr double product = 6e-10;             // of two values of a cell, for the Gram matrix
constexpr double eigensolver_gene = 1.5e-10;  // times variable genes cubed; on one rank
constexpr double distance = 6e-10;            // of two cells in 50 components
constexpr double graph_cell = 2e-5;
constexpr double leiden_cell = 1.2e-5;   // and partition
constexpr double stability_cell = 5e-5;  // and replicate
constexpr double marker_entry = 4e-8;
constexpr double laid_out_cell = 5e-7;  // and epoch
constexpr double placed_cell = 7e-5;
constexpr double relabeled_cluster = 5e-11;
constexpr double relabeled_gene = 2e-9;
constexpr double entry_writing = 5e-8;

}  // namespace per

/// Share of a cell's counts that lies in variable genes: they are a tenth of the genes, and not the largest ones.
double variable_share(const StudySize& size, const RunOptions& o) {
  return std::min(1.0,
                  1.3 * static_cast<double>(o.variable.n_genes) / std::max(1.0, static_cast<double>(size.features)));
}

double factorial(std::int64_t n) { return std::tgamma(static_cast<double>(n) + 1); }

/// Relabelings of the training lots: all of them, or as many as are drawn.
double relabelings(const StudySize& size, std::int32_t exact_up_to, std::int64_t drawn) {
  return size.training_lots <= exact_up_to ? factorial(size.training_lots) : static_cast<double>(drawn);
}

/// A stage while it is being added up: bytes beside what the study holds, seconds of cores that share the work, seconds
/// of one core, bytes written.
struct Work {
  std::string stage;
  double bytes = 0, shared_s = 0, alone_s = 0, written = 0;
};

std::vector<Work> work_of(const StudySize& size, const RunOptions& o, const Layout& layout) {
  const auto entries = static_cast<double>(size.entries), reference = static_cast<double>(size.reference_cells);
  const auto reference_entries = static_cast<double>(size.reference_entries);
  const auto ranks = static_cast<double>(layout.ranks), threads = static_cast<double>(layout.threads);
  const auto cells = static_cast<double>(size.cells);
  const double genes = size.tables ? static_cast<double>(size.features)
                                   : static_cast<double>(std::min<std::int64_t>(size.features, o.variable.n_genes));
  const double of_variable = size.tables ? 1 : variable_share(size, o);
  const double values_a_cell = of_variable * reference_entries / std::max(1.0, reference);
  const auto partitions =
      1 + static_cast<double>(grid_resolutions(o).size()) * static_cast<double>(std::max(1, o.seeds));
  const double clusters = 10 * partitions;
  const auto outcomes = static_cast<double>(outcomes_named(o).size());
  const double outcome_relabelings =
      outcomes * relabelings(size, o.association.relabelings.exact_up_to, o.association.relabelings.permutations);
  const double gene_relabelings = outcomes * relabelings(size, o.gene_exact_up_to, o.gene_permutations);
  const double stability_cells = std::min(reference, static_cast<double>(o.stability_cells));

  std::vector<Work> work;
  work.push_back({.stage = "read",
                  .bytes = (size.tables ? 0 : (per::entry_read - per::entry_kept) * entries / ranks) +
                           per::entry_of_lot_being_read * static_cast<double>(size.entries_of_largest_lot) * 0.5,
                  .shared_s = per::entry_reading * entries,
                  .written = per::entry_in_checkpoint * entries + 100 * cells});
  work.push_back({.stage = "normalize", .shared_s = per::entry_normalizing * entries});
  work.push_back({.stage = "pca",
                  .bytes = per::component_entry * of_variable * entries / ranks +
                           genes * genes * (per::gram_pair + per::gram_pair_of_thread * threads),
                  .shared_s = per::product * reference * values_a_cell * values_a_cell / 2,
                  .alone_s = per::eigensolver_gene * genes * genes * genes,
                  .written = 4.0 * o.pca.components * cells});
  work.push_back({.stage = "neighbors",
                  .bytes = per::neighbor * o.shared.k * reference / ranks,
                  .shared_s = per::distance * reference * reference + per::graph_cell * reference,
                  .written = 1000 * reference});
  if (o.labels.empty())
    work.push_back({.stage = "cluster",
                    .bytes = per::partition * partitions * cells / ranks + per::neighbor * o.shared.k * reference,
                    .shared_s = per::leiden_cell * partitions * reference,
                    .written = 4 * partitions * cells});
  work.push_back({.stage = "stability",
                  .bytes = 3 * per::neighbor * o.shared.k * stability_cells,
                  .shared_s = per::stability_cell * 3 * o.stability_replicates * stability_cells});
  if (o.markers && !size.tables)
    work.push_back({.stage = "markers",
                    .bytes = per::written_entry * entries / ranks,
                    .shared_s = per::marker_entry * reference_entries});
  if (o.umap_layout) {
    const double epochs = o.umap.epochs > 0 ? o.umap.epochs : reference <= 10'000 ? 750 : 200;
    work.push_back({.stage = "umap",
                    .bytes = per::place * reference + per::neighbor * o.shared.k * reference / ranks,
                    .shared_s = per::laid_out_cell * epochs * reference +
                                (per::placed_cell + per::distance * reference) * (cells - reference),
                    .written = 8 * cells});
  }
  if (outcomes > 0) {
    work.push_back({.stage = "association", .shared_s = per::relabeled_cluster * outcome_relabelings * clusters});
    if (o.genes)
      work.push_back({.stage = "genes",
                      .shared_s = per::relabeled_gene * gene_relabelings * static_cast<double>(size.features) * 9});
  }
  work.push_back({.stage = "report",
                  .bytes = per::written_entry * entries / ranks,
                  .shared_s = per::entry_writing * entries,
                  .written = per::entry_in_study * entries + per::cell_in_files * cells + per::files});
  return work;
}

}  // namespace

StudySize study_size(const matrix::Lots& lots, const std::vector<input::LotExtent>& extents, const RunOptions& o) {
  StudySize size;
  size.lots = std::ssize(lots);
  std::vector<std::int64_t> of_training;
  for (std::size_t l = 0; l < lots.size(); ++l) {
    const auto& [cells, features, entries] = extents[l];
    size.cells += cells;
    size.entries += entries;
    size.features = std::max(size.features, features);
    size.entries_of_largest_lot = std::max(size.entries_of_largest_lot, entries);
    size.tables |= cells > 0 && entries == cells * features;
    if (lots[l].role == "train") of_training.push_back(cells);
  }
  size.training_lots = std::ssize(of_training);
  auto cap = o.reference.cells_per_lot;
  if (cap == 0 && !of_training.empty()) {  // the median, as qc::reference_cells has it
    std::ranges::sort(of_training);
    cap = of_training[(of_training.size() - 1) / 2];
  }
  for (const auto cells : of_training) size.reference_cells += std::min(cells, cap);
  size.reference_entries =
      size.cells > 0 ? std::llround(static_cast<double>(size.entries) * static_cast<double>(size.reference_cells) /
                                    static_cast<double>(size.cells))
                     : 0;
  return size;
}

std::vector<StageForecast> forecast(const StudySize& size, const RunOptions& o, const Layout& layout) {
  const auto ranks = static_cast<double>(layout.ranks);
  const double cores = ranks * layout.threads;
  const double held = per::program +
                      (size.tables ? per::table_value : per::entry_kept) * static_cast<double>(size.entries) / ranks +
                      per::cell * static_cast<double>(size.cells) / ranks;
  std::vector<StageForecast> stages;
  for (const auto& work : work_of(size, o, layout))
    stages.push_back({.stage = work.stage,
                      .gib_a_rank = (held + work.bytes) / gib,
                      .minutes = (work.shared_s / cores + work.alone_s) / 60,
                      .gib_written = work.written / gib});
  return stages;
}

std::string forecast_text(const StudySize& size, const std::vector<StageForecast>& stages, const Layout& layout) {
  const auto several = [](std::int64_t n, const char* one) { return fmt::format("{} {}{}", n, one, n == 1 ? "" : "s"); };
  auto text = fmt::format(
      "# {}, {}, {}, {}; {} x {}\n"
      "# before quality control, so on the safe side; minutes are of the cores that docs/scaling.md was measured on\n"
      "{:<12}  {:>10}  {:>7}  {:>11}\n",
      several(size.lots, "lot"), several(size.cells, "cell"), several(size.features, "feature"),
      several(size.entries, size.tables ? "value" : "count"), several(layout.ranks, "rank"),
      several(layout.threads, "thread"), "stage", "GiB a rank", "minutes", "GiB written");
  StageForecast all{.stage = "all"};
  const auto line = [](const StageForecast& s) {
    return fmt::format("{:<12}  {:>10.3f}  {:>7.2f}  {:>11.3f}\n", s.stage, s.gib_a_rank, s.minutes, s.gib_written);
  };
  for (const auto& s : stages) {
    text += line(s);
    all.gib_a_rank = std::max(all.gib_a_rank, s.gib_a_rank);
    all.minutes += s.minutes;
    all.gib_written += s.gib_written;
  }
  return text + line(all);
}

void print_plan(MPI_Comm comm, const matrix::Lots& lots, const RunOptions& o) {
  const Layout layout{o.plan_ranks > 0 ? o.plan_ranks : parallel::size_of(comm),
                      o.plan_threads > 0 ? o.plan_threads : omp_get_max_threads()};
  std::string text;
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) != 0) return;
    const auto size = study_size(lots, input::extents(lots, o.input), o);
    text = forecast_text(size, forecast(size, o, layout), layout);
  });
  print(comm, text);
}

}  // namespace miura::app
