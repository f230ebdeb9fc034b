#include "app/result_folder.hpp"

#include <fmt/format.h>

#include <fstream>
#include <list>

#include "app/provenance.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
#include "miura/base/sha256.hpp"
#include "miura/base/version.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/report/text_table.hpp"
#include "miura/report/whole_file.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

/// The bytes of tables/NAME.tsv.
std::string text_of(const matrix::Table& table) {
  std::string text;
  const auto separate = [&](const matrix::Column& column) {
    if (&column != &table.columns.front()) text += '\t';
  };
  for (const auto& column : table.columns) {
    separate(column);
    report::append_cell(text, column.name);
  }
  text += '\n';
  for (std::int64_t row = 0; row < table.n_rows(); ++row) {
    for (const auto& column : table.columns) {
      separate(column);
      std::visit([&](const auto& values) { report::append_cell(text, values[row]); }, column.values);
    }
    text += '\n';
  }
  return text;
}

void refuse_other_results(const fs::path& out, const std::string& command) {
  std::ifstream file(out / "provenance.json");
  if (!file) return;
  const auto record = nlohmann::json::parse(file, nullptr, false);
  if (!record.is_object() || record.value("command", "run") != command)
    throw Error(ExitCode::cannot_create, out.string() + ": holds the result of another command; choose another --out");
}

}  // namespace

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
  const bool writes = parallel::rank_of(comm_) == 0;
  parallel::together(comm_, [&] {
    if (!writes) return;
    nlohmann::ordered_json inputs, outputs;
    for (const auto& input : record.inputs) inputs[input.string()] = sha256_of_file(input);
    std::list<report::WholeFile> files;
    const auto write = [&](const std::string& name, const std::string& text) {
      files.emplace_back(out_ / name).write(text);
      outputs[name] = Sha256().add(std::as_bytes(std::span(text))).hex();
    };
    for (const auto& table : tables) write("tables/" + table.name + ".tsv", text_of(table));
    if (!record.page.empty()) write("report.html", record.page);
    const nlohmann::ordered_json provenance{
        {"program", "miura"},          {"version", version()},        {"commit", commit()},   {"command", command_},
        {"written", utc_now()},        {"settings", record.settings}, {"inputs", inputs},     {"outputs", outputs},
        {"warnings", record.warnings}, {"seconds", record.seconds},   {"peak_gib", peak_gib}, {"machine", machine}};
    files.emplace_back(out_ / "provenance.json").write(sealed(provenance));
    for (auto& file : files) file.publish();
  });
  log::info(fmt::format("result: {}", out_.string()));
  log::stop();
  parallel::together(comm_, [&] {
    if (writes) fs::rename(unfinished_log(), out_ / "log.txt");
  });
}

}  // namespace miura::app
