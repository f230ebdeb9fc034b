#include "app/publication.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "app/cell_map.hpp"
#include "app/lot_outcomes.hpp"
#include "app/stages.hpp"
#include "app/stored_page.hpp"
#include "app/study_file.hpp"
#include "app/study_page.hpp"
#include "app/table_file.hpp"
#include "miura/base/error.hpp"
#include "miura/base/sha256.hpp"
#include "miura/base/version.hpp"
#include "miura/hdf5/writer.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/report/stored_report.hpp"
#include "miura/report/study_report.hpp"
#include "miura/report/text_table.hpp"
#include "miura/transfer/mapping.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

using Digests = std::map<std::string, std::string>;

Digests outputs_in(const nlohmann::ordered_json& record) {
  Digests outputs;
  if (!record.is_object() || !record.contains("outputs")) return outputs;
  for (const auto& [name, digest] : record["outputs"].items())
    if (digest.is_string()) outputs[name] = digest.get<std::string>();
  return outputs;
}

fs::path folder_beside(const fs::path& out) { return out / "checkpoint" / "publishing"; }

/// A table with a row for some of the cells, in canonical order: rank 0 writes, the others send their lines in
/// portions. `add_line(lines, cell)` appends the line of my cell, or nothing. Collective.
template <class AddLine>
void write_rows_of_cells(MPI_Comm comm, const Study& study, const fs::path& path,
                         const std::vector<std::string>& header, AddLine&& add_line) {
  const bool writes = parallel::rank_of(comm) == 0;
  std::optional<report::TextTable> file;
  parallel::together(comm, [&] {
    if (writes) file.emplace(path, header);
  });
  constexpr std::int64_t cells_a_portion = 1 << 16;
  for (int sender = 0; sender < parallel::size_of(comm); ++sender) {
    const auto n = study.cells.cells.partition.n_local(sender);
    for (std::int64_t first = 0; first < n; first += cells_a_portion) {
      std::vector<std::vector<char>> to(parallel::size_of(comm));
      if (sender == parallel::rank_of(comm)) {
        std::string lines;
        for (auto i = first; i < std::min(n, first + cells_a_portion); ++i) add_line(lines, i);
        to[0].assign(lines.begin(), lines.end());
      }
      const auto received = parallel::exchange(comm, to);
      parallel::together(comm, [&] {
        if (writes) file->add_lines(std::string_view(received[sender].data(), received[sender].size()));
      });
    }
  }
  parallel::together(comm, [&] {
    if (writes) file->publish();
  });
}

/// tables/cells.tsv.gz. Collective.
void write_cells_table(MPI_Comm comm, const Study& study, const fs::path& path) {
  const std::vector<std::string> header{
      "lot",   "barcode", "source",        "role",    "cluster",   "mapped_cluster", "mapping_score",
      "umap1", "umap2",   "doublet_score", "s_score", "g2m_score", "phase"};
  const auto& mapping = study.mapping;
  const auto& states = study.cell_states;
  const auto& mine = study.cells.cells.mine;
  const auto place = [&](std::int64_t i, int axis) {
    return study.umap.any() ? study.umap.cells.value[2 * i + axis] : std::numeric_limits<float>::quiet_NaN();
  };
  write_rows_of_cells(comm, study, path, header, [&](std::string& lines, std::int64_t i) {
    const auto& lot = study.lots[mine.lot[i]];
    const auto& clusters = study.clusters.primary();
    const auto cluster = clusters.label[i] < 0 ? std::string() : clusters.name_of(clusters.label[i]);
    report::append_line(lines, lot.id, mine.barcode[i], lot.source, lot.role, cluster,
                        mapping.name_of(mapping.label[i]), mapping.score[i], place(i, 0), place(i, 1),
                        states.doublet_score[i], states.cycle.s[i], states.cycle.g2m[i],
                        name_of(states.cycle.phase[i]));
  });
}

/// tables/mapping.tsv: the cells of the lots that were mapped. Collective.
void write_mapping_table(MPI_Comm comm, const Study& study, const fs::path& path) {
  const auto& mapping = study.mapping;
  const auto& mine = study.cells.cells.mine;
  write_rows_of_cells(comm, study, path,
                      {"lot", "barcode", "label", "mapping_score", "second_label", "margin", "knn_dist", "p_outlier",
                       "n_anchors_used", "status", "p_neighborhood"},
                      [&](std::string& lines, std::int64_t i) {
                        const auto& lot = study.lots[mine.lot[i]];
                        if (lot.role == "train") return;
                        const auto label = mapping.label[i] < 0 ? "unassigned" : mapping.name_of(mapping.label[i]);
                        report::append_line(lines, lot.id, mine.barcode[i], label, mapping.score[i],
                                            mapping.name_of(mapping.second[i]), mapping.margin[i], mapping.knn_dist[i],
                                            mapping.p_outlier[i], std::int64_t{mapping.n_anchors[i]},
                                            std::string(word_for(static_cast<transfer::Status>(mapping.status[i]))),
                                            mapping.p_neighborhood[i]);
                      });
}

/// neighbourhood.h5: a row a reference cell, a column an outcome. Collective.
void write_neighborhoods(MPI_Comm comm, const Study& study, const fs::path& path) {
  const auto& stage = study.neighborhoods;
  const auto& mine = study.cells.cells.mine;
  std::vector<std::string> lot, barcode;
  for (std::size_t i = 0; i < study.genes.reference.size(); ++i)
    if (study.genes.reference[i]) {
      lot.push_back(study.lots[mine.lot[i]].id);
      barcode.push_back(mine.barcode[i]);
    }
  hdf5::ParallelFile file(comm, path);
  file.texts(file.get(), "lot", lot);
  file.texts(file.get(), "barcode", barcode);
  file.replicated_texts(file.get(), "outcome", stage.outcome);
  for (const auto& [name, of_outcome] :
       {std::pair{"ncorr", &stage.ncorr}, std::pair{"p_fwer", &stage.p_fwer}, std::pair{"fdr", &stage.fdr}}) {
    const auto n = std::ssize(stage.outcome);
    std::vector<double> rows(std::ssize(lot) * n);
    for (std::int64_t m = 0; m < n; ++m)
      for (std::int64_t i = 0; i < std::ssize(lot); ++i) rows[i * n + m] = (*of_outcome)[m][i];
    file.rows<double>(file.get(), name, rows, n);
  }
  file.close();
}

nlohmann::ordered_json provenance(MPI_Comm comm, const Study& study, const Publication& p, const Digests& outputs) {
  nlohmann::ordered_json stages = nlohmann::ordered_json::array();
  for (const auto& s : p.stages)
    stages.push_back({{"stage", s.name},
                      {"hash", s.hash},
                      {"resumed", s.resumed},
                      {"seconds", s.seconds},
                      {"cpu_seconds", s.cpu_seconds},
                      {"peak_gib", s.peak_gib},
                      {"traffic", describe(s.traffic)}});
  auto machine = describe_machine(comm);
  return {
      {"program", "miura"},
      {"command", p.command},
      {"version", version()},
      {"commit", commit()},
      {"written", utc_now()},
      {"result_hash", p.report_hash},
      {"labels", {{"digest", study.clusters.label_hash}, {"on_disk", study.clusters.written}}},
      {"outcomes",
       {{"first_used", study.association.outcomes_read}, {"order", "after the digest of the labels was on the disk"}}},
      {"settings", p.settings},
      {"inputs", p.inputs},
      {"outputs", outputs},
      {"stages", stages},
      {"machine", machine}};
}

/// The folder that results are written to first. What a run that fails has written goes with it: where the disk is
/// full, its room is needed. A whole result stays, to be finished by the next run.
class UnfinishedResult {
public:
  UnfinishedResult(MPI_Comm comm, fs::path folder) : folder_(std::move(folder)), mine_(parallel::rank_of(comm) == 0) {}
  ~UnfinishedResult() {
    std::error_code failure;  // the next run removes it then
    if (mine_ && !whole_) fs::remove_all(folder_, failure);
  }
  UnfinishedResult(const UnfinishedResult&) = delete;
  UnfinishedResult& operator=(const UnfinishedResult&) = delete;

  void is_whole() noexcept { whole_ = true; }

private:
  fs::path folder_;
  bool mine_, whole_ = false;
};

/// Removes what a run before left unfinished and makes the folder that results are written to first. Collective.
void prepare(MPI_Comm comm, const fs::path& fresh) {
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) != 0) return;
    std::error_code failure;
    fs::remove_all(fresh, failure);
    fs::create_directories(fresh / "tables", failure);
    if (failure) throw Error(ExitCode::cannot_create, fresh.string() + ": cannot be created: " + failure.message());
  });
}

/// Gives the files of a wholly written result their names, provenance.json last. A file that has its name already is
/// passed over. Collective.
void put_in_place(MPI_Comm comm, const fs::path& fresh, const fs::path& out) {
  std::vector<std::string> waiting, outdated;
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) != 0) return;
    const auto outputs = outputs_in(read_provenance(fresh));
    for (const auto& [name, digest] : outputs)
      if (fs::exists(fresh / name)) waiting.push_back(name);
    waiting.emplace_back("provenance.json");
    for (const auto& [name, digest] : outputs_in(read_provenance(out)))
      if (!outputs.contains(name)) outdated.push_back(name);  // of an older result that had more tables
    fs::create_directories(out / "tables");
  });
  parallel::broadcast(comm, waiting);
  for (const auto& name : waiting) hdf5::publish(comm, fresh / name, out / name);
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) != 0) return;
    for (const auto& name : outdated) fs::remove(out / name);
    fs::remove_all(fresh);
  });
}

}  // namespace

void publish_study(MPI_Comm comm, const Study& study, const Publication& p) {
  const auto fresh = folder_beside(p.out);
  UnfinishedResult unfinished(comm, fresh);
  prepare(comm, fresh);
  auto tables = tables_of(study, parallel::rank_of(comm) == 0 ? Rows::all : Rows::none);
  write_study_file(comm, study, tables, p.settings, p.scale, fresh / "study.h5ad.part");
  hdf5::publish(comm, fresh / "study.h5ad.part", fresh / "study.h5ad");
  if (!study.neighborhoods.outcome.empty()) {
    write_neighborhoods(comm, study, fresh / "neighbourhood.h5.part");
    hdf5::publish(comm, fresh / "neighbourhood.h5.part", fresh / "neighbourhood.h5");
  }
  write_cells_table(comm, study, fresh / "tables" / "cells.tsv.gz");
  if (study.mapping.any()) write_mapping_table(comm, study, fresh / "tables" / "mapping.tsv");
  auto cells = cell_map(comm, study, p);
  const int last = parallel::size_of(comm) - 1;
  std::string digest_of_study;
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) == last)  // reads gigabytes while rank 0 writes all else
      digest_of_study = sha256_of_file(fresh / "study.h5ad", PageCache::let_go);
    if (parallel::rank_of(comm) != 0) return;
    if (auto outcomes = outcome_table(study); outcomes.n_rows() > 0) tables.push_back(std::move(outcomes));
    for (const auto& table : tables) {
      report::WholeFile file(fresh / "tables" / (table.name + ".tsv"));
      write_table(table, file);
      file.publish();
    }
    Digests of_tables;
    for (auto& [name, digest] : digests_below(fresh / "tables")) of_tables["tables/" + name] = digest;
    const auto page = study_page(study, p, std::move(cells), of_tables);
    report::write_whole_file(fresh / "report.html", report::render_html(page));
    const auto bytes = report::stored(page);
    report::write_whole_file(fresh / stored_page_file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  });

  parallel::broadcast(comm, digest_of_study, last);
  Digests outputs;
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) == 0) outputs = digests_below(fresh, {{"study.h5ad", digest_of_study}});
  });
  const auto record = sealed(provenance(comm, study, p, outputs));
  parallel::together(comm, [&] {  // from here on the result is whole, and a killed run is finished by the next one
    if (parallel::rank_of(comm) == 0) report::write_whole_file(fresh / "provenance.json", record);
  });
  unfinished.is_whole();
  put_in_place(comm, fresh, p.out);
}

void finish_publication(MPI_Comm comm, const fs::path& out) {
  const auto fresh = folder_beside(out);
  std::int32_t whole = 0;
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) != 0) return;
    whole = read_provenance(fresh).is_object() ? 1 : 0;
    if (whole == 0) fs::remove_all(fresh);
  });
  if (parallel::max_over_ranks(comm, whole) == 1) put_in_place(comm, fresh, out);
}

bool already_published(MPI_Comm comm, const fs::path& out, const std::string& report_hash) {
  std::int32_t same = 0;
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) != 0) return;
    const auto record = read_provenance(out);
    if (!record.is_object() || !record.contains("result_hash") || record["result_hash"] != report_hash) return;
    same = std::ranges::all_of(outputs_in(record),
                               [&](const auto& output) {
                                 return fs::exists(out / output.first) &&
                                        sha256_of_file(out / output.first) == output.second;
                               })
               ? 1
               : 0;
  });
  return parallel::max_over_ranks(comm, same) == 1;
}

}  // namespace miura::app
