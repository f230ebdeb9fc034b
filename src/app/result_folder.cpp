#include "app/result_folder.hpp"

#include <fmt/format.h>

#include <list>

#include "app/provenance.hpp"
#include "app/stored_page.hpp"
#include "app/table_file.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
#include "miura/base/sha256.hpp"
#include "miura/base/version.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/report/stored_report.hpp"
#include "miura/report/whole_file.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

bool is_packed(const matrix::Table& table) {
  constexpr std::int64_t most_rows = 200'000;
  return table.n_rows() > most_rows;
}

void refuse_other_results(const fs::path& out, const std::string& command) {
  if (!fs::exists(out / "provenance.json")) return;
  const auto record = read_provenance(out);
  if (!record.is_object() || record.value("command", "run") != command)
    throw Error(ExitCode::cannot_create, out.string() + ": holds the result of another command; choose another --out");
}

}  // namespace

std::string file_of(const matrix::Table& table) {
  return "tables/" + table.name + (is_packed(table) ? ".tsv.gz" : ".tsv");
}

ResultFolder::ResultFolder(MPI_Comm comm, fs::path out, std::string command)
    : comm_(comm), out_(std::move(out)), command_(std::move(command)), lock_(comm, out_ / "checkpoint") {
  parallel::together(comm_, [&] {
    if (parallel::rank_of(comm_) != 0) return;
    refuse_other_results(out_, command_);
    std::error_code failure;
    fs::create_directories(out_ / "tables", failure);
    if (failure) throw Error(ExitCode::cannot_create, out_.string() + ": cannot be created: " + failure.message());
  });
}

void ResultFolder::publish(std::span<const matrix::Table> tables, const TablesRecord& record) {
  auto machine = describe_machine(comm_);
  const double peak_gib = peak_memory_gib(comm_);
  const auto traffic = describe(traffic_since(comm_, {}));
  const bool writes = parallel::rank_of(comm_) == 0;
  parallel::together(comm_, [&] {
    if (!writes) return;
    nlohmann::ordered_json inputs, outputs;
    std::vector<report::NamedText> digests;
    for (const auto& input : record.inputs) {
      digests.push_back({input.string(), sha256_of_file(input)});
      inputs[input.string()] = digests.back().text;
    }
    std::list<report::WholeFile> files;
    for (const auto& table : tables) {
      using report::Packing;
      const auto name = file_of(table);
      write_table(table, files.emplace_back(out_ / name, is_packed(table) ? Packing::gzip : Packing::plain));
      outputs[name] = files.back().digest();
    }
    if (!record.page.empty()) {
      const auto page = report::with_inputs(record.page, digests);
      files.emplace_back(out_ / "report.html").write(report::render_stored(page));
      outputs["report.html"] = files.back().digest();
      files.emplace_back(out_ / stored_page_file).write({reinterpret_cast<const char*>(page.data()), page.size()});
      outputs[stored_page_file] = files.back().digest();
    }
    const nlohmann::ordered_json provenance{
        {"program", "miura"},          {"version", version()},        {"commit", commit()},   {"command", command_},
        {"written", utc_now()},        {"settings", record.settings}, {"inputs", inputs},     {"outputs", outputs},
        {"warnings", record.warnings}, {"seconds", record.seconds},   {"peak_gib", peak_gib}, {"traffic", traffic},
        {"machine", machine}};
    files.emplace_back(out_ / "provenance.json").write(sealed(provenance));
    for (auto& file : files) file.publish();
    for (const auto& table : tables)  // of an older result
      fs::remove(out_ / "tables" / (table.name + (is_packed(table) ? ".tsv" : ".tsv.gz")));
  });
  log::info(fmt::format("result: {}", out_.string()));
  log::stop();
  parallel::together(comm_, [&] {
    if (writes) fs::rename(unfinished_log(), out_ / "log.txt");
  });
}

}  // namespace miura::app
