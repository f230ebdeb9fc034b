#include "app/publication.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "app/study_file.hpp"
#include "app/study_page.hpp"
#include "miura/base/error.hpp"
#include "miura/base/sha256.hpp"
#include "miura/base/version.hpp"
#include "miura/hdf5/writer.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/report/study_report.hpp"
#include "miura/report/text_table.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

using Digests = std::map<std::string, std::string>;

/// provenance.json of a result folder, or null.
nlohmann::json read_provenance(const fs::path& out) {
  std::ifstream file(out / "provenance.json");
  return nlohmann::json::parse(file, nullptr, false);
}

Digests outputs_in(const nlohmann::json& record) {
  return record.is_object() ? record.value("outputs", Digests{}) : Digests{};
}

std::string line_of(const matrix::Table& table, std::int64_t row) {
  std::string line;
  for (const auto& column : table.columns) {
    if (!line.empty() || &column != &table.columns.front()) line += '\t';
    std::visit([&](const auto& values) { report::append_cell(line, values[row]); }, column.values);
  }
  return line + "\n";
}

void write_table(const matrix::Table& table, const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& column : table.columns) names.push_back(column.name);
  report::TextTable file(folder / (table.name + ".tsv"), names);
  for (std::int64_t row = 0; row < table.n_rows(); ++row) file.add_lines(line_of(table, row));
  file.publish();
}

/// tables/cells.tsv.gz, in canonical order: rank 0 writes, the others send their lines in portions. Collective.
void write_cells_table(MPI_Comm comm, const Study& study, const fs::path& path) {
  const bool writes = parallel::rank_of(comm) == 0;
  std::optional<report::TextTable> file;
  parallel::together(comm, [&] {
    if (writes) file.emplace(path, std::vector<std::string>{"lot", "barcode", "source", "role", "cluster"});
  });
  const auto& mine = study.cells.cells.mine;
  constexpr std::int64_t cells_a_portion = 1 << 16;
  for (int sender = 0; sender < parallel::size_of(comm); ++sender) {
    const auto n = study.cells.cells.partition.n_local(sender);
    for (std::int64_t first = 0; first < n; first += cells_a_portion) {
      std::vector<std::vector<char>> to(parallel::size_of(comm));
      if (sender == parallel::rank_of(comm)) {
        std::string lines;
        for (auto i = first; i < std::min(n, first + cells_a_portion); ++i) {
          const auto& lot = study.lots[mine.lot[i]];
          const auto label = study.clusters.label[i];
          report::append_line(lines, lot.id, mine.barcode[i], lot.source, lot.role, label < 0 ? std::string() : std::to_string(label));
        }
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

nlohmann::ordered_json provenance(MPI_Comm comm, const Study& study, const Publication& p,
                                  const Digests& outputs) {
  nlohmann::ordered_json stages = nlohmann::ordered_json::array();
  for (const auto& s : p.stages)
    stages.push_back({{"stage", s.name}, {"hash", s.hash}, {"resumed", s.resumed}, {"seconds", s.seconds}, {"peak_gib", s.peak_gib}});
  auto machine = describe_machine(comm);
  return {{"program", "miura"},
          {"version", version()},
          {"commit", commit()},
          {"written", utc_now()},
          {"result_hash", p.report_hash},
          {"labels", {{"digest", study.clusters.label_hash}, {"on_disk", p.labels_written}}},
          {"outcomes", {{"first_used", p.outcomes_read}, {"order", "after the digest of the labels was on the disk"}}},
          {"settings", p.settings},
          {"inputs", p.inputs},
          {"outputs", outputs},
          {"stages", stages},
          {"machine", machine}};
}

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

}  // namespace

void publish_study(MPI_Comm comm, const Study& study, const Publication& p) {
  const auto fresh = p.out / "checkpoint" / "publishing";
  prepare(comm, fresh);
  write_study_file(comm, study, p.settings, p.scale, fresh / "study.h5ad");
  write_cells_table(comm, study, fresh / "tables" / "cells.tsv.gz");
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) != 0) return;
    for (const auto* table : {&study.cells.attrition, &study.composition_table, &study.association_table})
      if (!table->columns.empty()) write_table(*table, fresh / "tables");
    report::write_whole_file(fresh / "report.html", report::render_html(study_page(study, p)));
  });

  Digests outputs;
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) == 0) outputs = digests_below(fresh);
  });
  const auto record = provenance(comm, study, p, outputs).dump(2) + "\n";
  hdf5::publish(comm, fresh / "study.h5ad", p.out / "study.h5ad");
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) != 0) return;
    fs::create_directories(p.out / "tables");
    for (const auto& [name, digest] : outputs_in(read_provenance(p.out)))
      if (!outputs.contains(name)) fs::remove(p.out / name);  // of an older result that had more tables
    for (const auto& [name, digest] : outputs)
      if (name != "study.h5ad") fs::rename(fresh / name, p.out / name);
    report::write_whole_file(p.out / "provenance.json", record);
    fs::remove_all(fresh);
  });
}

bool already_published(MPI_Comm comm, const fs::path& out, const std::string& report_hash) {
  std::int32_t same = 0;
  if (parallel::rank_of(comm) == 0) {
    const auto record = read_provenance(out);
    if (record.is_object() && record.value("result_hash", "") == report_hash)
      same = std::ranges::all_of(outputs_in(record), [&](const auto& output) {
        return fs::exists(out / output.first) && sha256_of_file(out / output.first) == output.second;
      }) ? 1 : 0;
  }
  return parallel::max_over_ranks(comm, same) == 1;
}

}  // namespace miura::app
