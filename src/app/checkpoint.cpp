#include "app/checkpoint.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "miura/base/log.hpp"
#include "miura/base/sha256.hpp"
#include "miura/hdf5/writer.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/report/whole_file.hpp"

namespace miura::app {

Checkpoints::Checkpoints(MPI_Comm comm, std::filesystem::path folder)
    : comm_(comm), folder_(std::move(folder)), lock_(comm, folder_) {
  std::string text;
  if (parallel::rank_of(comm) == 0) {
    std::ifstream file(folder_ / "stages.json");
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  parallel::broadcast(comm, text);
  const auto index = nlohmann::json::parse(text, nullptr, false);  // unreadable: as if nothing had been kept
  if (!index.is_object()) return;
  const auto has_text = [](const nlohmann::json& entry, const char* name) {
    return entry.is_object() && entry.contains(name) && entry[name].is_string();
  };
  for (const auto& [stage, entry] : index.items())
    if (has_text(entry, "hash") && has_text(entry, "sha256"))
      index_[stage] = {entry["hash"].get<std::string>(), entry["sha256"].get<std::string>()};
}

bool Checkpoints::valid(const std::string& stage, const std::string& hash) {
  const auto entry = index_.find(stage);
  if (entry == index_.end() || entry->second.hash != hash) return false;
  std::int32_t unharmed = 1;
  parallel::together(comm_, [&] {
    if (parallel::rank_of(comm_) != 0) return;
    unharmed = std::filesystem::exists(file(stage)) && sha256_of_file(file(stage)) == entry->second.digest ? 1 : 0;
    if (unharmed == 0) log::warn("the checkpoint of stage " + stage + " is damaged; the stage is computed again");
  });
  return parallel::min_over_ranks(comm_, unharmed) == 1;
}

void Checkpoints::keep(const std::string& stage, const std::string& hash,
                       const std::function<void(const std::filesystem::path&)>& write) {
  auto part = file(stage);
  part += ".part";
  write(part);
  hdf5::publish(comm_, part, file(stage));
  std::string digest;
  parallel::together(comm_, [&] {
    if (parallel::rank_of(comm_) == 0) digest = sha256_of_file(file(stage), PageCache::let_go);
  });
  parallel::broadcast(comm_, digest);
  index_[stage] = {hash, digest};
  write_index();
}

void Checkpoints::write_index() const {
  parallel::together(comm_, [&] {
    if (parallel::rank_of(comm_) != 0) return;
    nlohmann::ordered_json index = nlohmann::ordered_json::object();
    for (const auto& [stage, entry] : index_) index[stage] = {{"hash", entry.hash}, {"sha256", entry.digest}};
    report::write_whole_file(folder_ / "stages.json", index.dump(2) + "\n");
  });
}

}  // namespace miura::app
