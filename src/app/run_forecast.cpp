#include "app/run_forecast.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "app/common_options.hpp"
#include "app/message_forecast.hpp"
#include "app/stages.hpp"
#include "miura/cluster/leiden_grid.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/permutation/forecast.hpp"

namespace miura::app {

namespace {

constexpr double mib = 1024.0 * 1024.0, gib = 1024.0 * mib;

/// Constants of docs/scaling.md, all per single item; seconds are of one core.
namespace per {

// bytes in memory
constexpr double program = 50e6;    // libraries, MPI
constexpr double entry_read = 3.2;  // 3 that stay, the rest while lots are handed to the ranks that own them
constexpr double entry_kept = 3;
constexpr double entry_of_lot_being_read = 12;  // as text or slab
constexpr double cell = 700;                    // barcode, metrics, labels, components
constexpr double table_value = 8;
constexpr double component_entry = 6;      // of the variable genes, on the grid
constexpr double gram_pair_of_thread = 4;  // of two variable genes
constexpr double spectrum_pair = 12;       // of two variable genes, when the grid is free: sums, and their covariance
constexpr double gram_gene_of_thread = 5120;  // of frequent genes, in double
constexpr double neighbor = 60;               // of a reference cell: search, shared neighbours, both directions
constexpr double place = 32;                  // of a reference cell in the plane, on every rank
constexpr double partition = 8;               // a label, and the working copy
constexpr double soft_clusters = 800;         // of an integrated cell: its shares in up to 100 of them
constexpr double mapping_cell = 4000;  // of the reference or the lot that is mapped: features that are compared, lists
constexpr double doublet_entry = 32;   // of a simulated doublet
constexpr double doublets_a_round = 4096;
constexpr double sum = 8;         // of a gene's counts over the cells of a cluster in a lot
constexpr double abundance = 16;  // of a lot round a reference cell: as it is, and ranked over lots
constexpr double lot_pair = 32;   // of two lots: their products, and what the eigensolver holds of them
constexpr double lot_pair_of_thread = 12;
constexpr double sorted_entry = 24;    // on its way to its gene's others
constexpr double sorted_of_cell = 32;  // entries at a time, of all cells
constexpr double fewest_sorted = 1e6;
constexpr double keys_of_cell = 80;        // of its small counts
constexpr double portions_written = 20e6;  // of cells, and of the graph, on their way to the file

// bytes on the disk
constexpr double entry_in_checkpoint = 2.1;
constexpr double entry_in_study = 12;
constexpr double cell_in_files = 1500;
constexpr double files = 5e6;  // the page with its charts, tables, what HDF5 needs

// seconds
constexpr double entry_reading = 4e-8;
constexpr double entry_normalizing = 3e-9;
constexpr double product = 6e-10;             // of two values of a cell, for the Gram matrix
constexpr double dense_product = 6e-11;       // where genes are frequent
constexpr double eigensolver_gene = 1.5e-10;  // times variable genes cubed; on one rank
constexpr double distance = 1e-9;             // of two cells in 50 components
constexpr double graph_cell = 2e-5;
constexpr double leiden_cell = 1.2e-5;   // and partition
constexpr double stability_cell = 5e-5;  // and replicate
constexpr double marker_entry = 4e-8;
constexpr double integrated_cell = 2e-5;
constexpr double mapped_cell = 7e-5;
constexpr double mapped_pair = 1.7e-9;  // with a reference cell: both searches, and that by expression
constexpr double doublet_value = 6e-8;
constexpr double laid_out_cell = 5e-7;  // and epoch
constexpr double placed_cell = 4e-5;
constexpr double relabeled_cluster = 5e-11;
constexpr double relabeled_gene = 2e-9;
constexpr double drawn_lot_of_cluster = 8e-9;  // where not all relabelings are taken: of each lot
constexpr double gene_alone = 5e-6;            // and outcome: what few lots can give it
constexpr double relabeled_cell = 3.5e-9;      // of the reference, by those around it
constexpr double entry_writing = 5e-8;

}  // namespace per

/// A stage while it is being added up: bytes beside what the study holds, seconds of cores that share the work, seconds
/// of one core, bytes written.
struct Work {
  std::string stage;
  double bytes = 0, shared_s = 0, alone_s = 0, written = 0;
};

/// What the terms of a stage are made of.
struct Terms {
  double entries, reference, reference_entries, cells, features, genes, of_variable, lots;
  double owned;  // reference cells of the rank that has most
  double ranks, threads, partitions, clusters, outcomes;
};

Terms terms_of(const StudySize& size, const RunOptions& o, const Layout& layout) {
  const auto of = [](auto number) { return static_cast<double>(number); };
  const double partitions = n_partitions(o);
  return {.entries = of(size.entries),
          .reference = of(size.reference_cells),
          .reference_entries = of(size.reference_entries),
          .cells = of(size.cells),
          .features = of(size.features),
          .genes = variable_features(size, o),
          .of_variable = variable_share(size, o),
          .lots = of(size.lots),
          .owned = std::ranges::max(owned_reference_cells(size, layout.ranks)),
          .ranks = of(layout.ranks),
          .threads = of(layout.threads),
          .partitions = partitions,
          .clusters = 10 * partitions,
          .outcomes = of(outcomes_named(o).size())};
}

/// From the files to the coordinates.
void add_coordinates(const StudySize& size, const RunOptions& o, const Terms& t, std::vector<Work>& work) {
  const double values_a_cell = t.of_variable * t.reference_entries / std::max(1.0, t.reference);
  work.push_back({.stage = "read",
                  .bytes = (size.tables ? 0 : (per::entry_read - per::entry_kept) * t.entries / t.ranks) +
                           per::entry_of_lot_being_read * static_cast<double>(size.entries_of_largest_lot) * 0.5,
                  .shared_s = per::entry_reading * t.entries,
                  .written = per::entry_in_checkpoint * t.entries + 100 * t.cells});
  work.push_back({.stage = "normalize", .shared_s = per::entry_normalizing * t.entries});
  work.push_back(
      {.stage = "pca",
       .bytes = std::max(per::component_entry * t.of_variable * std::min(t.reference_entries, t.entries / t.ranks) +
                             t.genes * (per::gram_pair_of_thread * t.genes + per::gram_gene_of_thread) * t.threads,
                         per::spectrum_pair * t.genes * t.genes),
       .shared_s = t.reference / 2 *
                   std::min(per::product * values_a_cell * values_a_cell, per::dense_product * t.genes * t.genes),
       .alone_s = per::eigensolver_gene * t.genes * t.genes * t.genes,
       .written = 4.0 * o.pca.components * t.cells});
  if (size.integrations > 0) {
    const auto training = static_cast<double>(size.training_cells);
    work.push_back({.stage = "integrate",
                    .bytes = (4.0 * o.pca.components * 2 + per::soft_clusters) * training / t.ranks,
                    .shared_s = per::integrated_cell * training,
                    .written = 4.0 * o.pca.components * t.cells});
  }
}

/// With how many others a reference cell is compared when its neighbours are sought.
double compared_cells(const StudySize& size, const RunOptions& o) {
  const auto all = static_cast<double>(size.reference_cells);
  if (size.reference_cells <= o.exact_search_up_to) return all;
  return std::min(all, (1 + o.n_probed_lists) * std::sqrt(all));  // centres, and as many points of each list
}

/// Clusters of a share of the molecules are found as those of all, and tested on the others.
void add_split_markers(const Terms& t, std::vector<Work>& work) {
  constexpr double in_both_halves = 1.5;  // a count of two and more molecules may be
  auto& markers = work.back();
  markers.bytes += in_both_halves * per::entry_kept * t.entries / t.ranks;
  markers.shared_s += (per::leiden_cell + per::marker_entry * t.reference_entries / t.reference) * t.reference;
  for (const auto& again : work)
    if (again.stage == "normalize" || again.stage == "pca" || again.stage == "integrate" ||
        again.stage == "neighbors") {
      markers.bytes = std::max(markers.bytes, in_both_halves * per::entry_kept * t.entries / t.ranks + again.bytes);
      markers.shared_s += again.shared_s;
      markers.alone_s += again.alone_s;
    }
}

void add_markers(const RunOptions& o, const Terms& t, std::vector<Work>& work) {
  const double sorted =
      std::min(std::max(per::fewest_sorted, per::sorted_of_cell * t.cells / t.ranks), t.entries / t.ranks);
  work.push_back({.stage = "markers",
                  .bytes = per::sorted_entry * sorted + per::keys_of_cell * t.cells / t.ranks +
                           per::sum * t.features * t.lots * (1 + usual_clusters) / t.ranks,
                  .shared_s = per::marker_entry * t.reference_entries});
  if (o.marker_split) add_split_markers(t, work);
  if (!o.marker_pairs.empty())  // each cell is on one side of a pair for each other cluster
    work.back().shared_s += per::marker_entry * t.reference_entries * pairs_of_clusters(o) * 2 / usual_clusters;
}

/// The graph, its partitions, and what is known of them without any outcome.
void add_clusters(const StudySize& size, const RunOptions& o, const Terms& t, std::vector<Work>& work) {
  const double graph_s = per::distance * t.reference * compared_cells(size, o) + per::graph_cell * t.reference;
  work.push_back({.stage = "neighbors",
                  .bytes = per::neighbor * o.shared.k * t.owned,
                  .shared_s = graph_s,
                  .written = 1000 * t.reference});
  if (o.labels.empty()) {
    const auto graphs = static_cast<double>(size.graphs);
    const double followers = static_cast<double>(size.training_cells) - t.reference;
    const double copied = std::min(static_cast<double>(cluster::LeidenGridOptions{}.most_copied_bytes),
                                   per::neighbor * o.shared.k * t.reference);
    work.push_back({.stage = "cluster",
                    .bytes = per::partition * t.partitions * t.cells / t.ranks +
                             std::max(copied, per::neighbor * o.shared.k * t.owned),
                    .shared_s = per::leiden_cell * t.partitions * t.reference + (graphs - 1) * graph_s +
                                graphs * per::distance * t.reference * followers,
                    .written = 4 * t.partitions * t.cells});
    const double cells = resampled_cells(size, o);
    work.push_back({.stage = "stability",
                    .bytes = 3 * per::neighbor * o.shared.k * cells,
                    .shared_s = per::stability_cell * 3 * o.stability_replicates * cells});
  }
  if (o.markers && !size.tables) add_markers(o, t, work);
  if (size.training_lots < size.lots) {
    const auto largest = static_cast<double>(size.cells_of_largest_lot);
    work.push_back({.stage = "mapping",
                    .bytes = per::mapping_cell * (t.owned + largest / t.ranks),
                    .shared_s = per::mapped_cell * t.cells + per::mapped_pair * t.reference * t.cells,
                    .written = 90 * t.cells});
  }
}

/// Places and states of cells.
void add_cells(const StudySize& size, const RunOptions& o, const Terms& t, std::vector<Work>& work) {
  if (o.umap_layout) {
    const double epochs = umap::plan_for(size.reference_cells, o.umap.epochs).epochs;
    work.push_back({.stage = "umap",
                    .bytes = per::place * t.reference + per::neighbor * o.shared.k * t.owned,
                    .shared_s = per::laid_out_cell * epochs * t.reference +
                                (per::placed_cell + per::distance * t.reference) * (t.cells - t.reference),
                    .written = 8 * t.cells});
  }
  if (o.score_doublets && !size.tables) {
    const double a_cell = t.of_variable * t.entries / std::max(1.0, t.cells);
    const double pairs = o.doublets.simulated_per_cell * t.cells;
    const auto largest = static_cast<double>(size.cells_of_largest_lot);
    work.push_back({.stage = "cell_states",
                    .bytes = per::doublet_entry * a_cell *
                                 std::min(per::doublets_a_round, o.doublets.simulated_per_cell * largest / t.ranks) +
                             per::component_entry * t.of_variable * static_cast<double>(size.entries_of_largest_lot),
                    .shared_s = per::doublet_value * pairs * a_cell + 3 * per::distance * largest * pairs,
                    .written = 28 * t.cells});
  }
}

/// What is tested against the outcomes.
void add_tests(const StudySize& size, const RunOptions& o, const Terms& t, std::vector<Work>& work) {
  const auto lots = static_cast<double>(size.training_lots);
  const auto& of_clusters = o.association.relabelings;
  const auto tests_s = [&](std::int32_t exact_up_to, std::int64_t drawn, double a_relabeling, double a_drawn) {
    const double a_test = size.training_lots <= exact_up_to ? a_relabeling : a_drawn;
    return a_test * t.outcomes * relabelings(size, exact_up_to, static_cast<double>(drawn));
  };
  work.push_back({.stage = "association",
                  .shared_s = t.clusters * tests_s(of_clusters.exact_up_to, of_clusters.permutations,
                                                   per::relabeled_cluster, per::drawn_lot_of_cluster * lots)});
  if (o.genes && !size.tables) {
    const double a_drawn = permutation::seconds_of_drawn_test(static_cast<std::int32_t>(size.training_lots));
    const double in_family = tests_s(o.gene_exact_up_to, o.gene_permutations, per::relabeled_gene, a_drawn);
    const double alone = size.training_lots <= of_clusters.exact_up_to
                             ? per::gene_alone * t.outcomes
                             : a_drawn * t.outcomes * static_cast<double>(of_clusters.permutations);
    work.push_back({.stage = "genes", .shared_s = t.features * (1 + usual_clusters) * (in_family + alone)});
  }
  if (tests_neighborhoods(size, o))
    work.push_back(
        {.stage = "neighborhoods",
         .bytes = per::abundance * lots * t.owned + lots * lots * (per::lot_pair + per::lot_pair_of_thread * t.threads),
         .shared_s = per::relabeled_cell * t.reference * t.outcomes * neighborhood_relabelings(size, o)});
}

std::vector<Work> work_of(const StudySize& size, const RunOptions& o, const Layout& layout) {
  const auto t = terms_of(size, o, layout);
  std::vector<Work> work;
  add_coordinates(size, o, t, work);
  add_clusters(size, o, t, work);
  add_cells(size, o, t, work);
  if (t.outcomes > 0) add_tests(size, o, t, work);
  work.push_back({.stage = "report",
                  .bytes = per::portions_written,
                  .shared_s = per::entry_writing * t.entries,
                  .written = per::entry_in_study * t.entries + per::cell_in_files * t.cells + per::files});
  return work;
}

}  // namespace

std::vector<StageForecast> forecast(const StudySize& size, const RunOptions& o, const Layout& layout) {
  const auto ranks = static_cast<double>(layout.ranks);
  const double cores = ranks * layout.threads;
  const double held = per::program +
                      (size.tables ? per::table_value : per::entry_kept) * static_cast<double>(size.entries) / ranks +
                      per::cell * static_cast<double>(size.cells) / ranks;
  const auto exchanged = message_forecast(size, o, layout);
  const auto works = work_of(size, o, layout);
  std::vector<StageForecast> stages;
  for (const auto name : stage_names) {
    const auto found = std::ranges::find(works, name, &Work::stage);
    const auto messages = exchanged.find(std::string(name));
    if (found == works.end() && messages == exchanged.end()) continue;
    const auto work = found == works.end() ? Work{.stage = std::string(name)} : *found;
    stages.push_back({.stage = work.stage,
                      .gib_a_rank = (held + work.bytes) / gib,
                      .minutes = (work.shared_s / cores + work.alone_s) / 60,
                      .gib_written = work.written / gib,
                      .mib_exchanged = messages == exchanged.end() ? 0 : messages->second / mib});
  }
  return stages;
}

std::string forecast_text(const StudySize& size, const std::vector<StageForecast>& stages, const Layout& layout) {
  const auto several = [](std::int64_t n, const char* one) {
    return fmt::format("{} {}{}", n, one, n == 1 ? "" : "s");
  };
  auto text = fmt::format(
      "# {}, {}, {}, {}; {} x {}\n"
      "# before quality control, so on the safe side; minutes are of the cores that docs/scaling.md was measured on\n"
      "{:<13}  {:>10}  {:>7}  {:>11}  {:>13}\n",
      several(size.lots, "lot"), several(size.cells, "cell"), several(size.features, "feature"),
      several(size.entries, size.tables ? "value" : "count"), several(layout.ranks, "rank"),
      several(layout.threads, "thread"), "stage", "GiB a rank", "minutes", "GiB written", "MiB exchanged");
  StageForecast all{.stage = "all"};
  const auto line = [](const StageForecast& s) {
    return fmt::format("{:<13}  {:>10.3f}  {:>7.2f}  {:>11.3f}  {:>13.2f}\n", s.stage, s.gib_a_rank, s.minutes,
                       s.gib_written, s.mib_exchanged);
  };
  for (const auto& s : stages) {
    text += line(s);
    all.gib_a_rank = std::max(all.gib_a_rank, s.gib_a_rank);
    all.minutes += s.minutes;
    all.gib_written += s.gib_written;
    all.mib_exchanged += s.mib_exchanged;
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
