#include "app/provenance.hpp"

#include <H5public.h>
#include <fmt/format.h>
#include <omp.h>
#include <petscversion.h>
#include <slepcversion.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <numeric>
#include <set>
#include <span>

#include "miura/base/sha256.hpp"
#include "miura/base/version.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::app {

double peak_memory_gib(MPI_Comm comm) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return parallel::max_over_ranks(comm, static_cast<double>(usage.ru_maxrss)) / 1048576.0;  // ru_maxrss is in KiB
}

double cpu_seconds_so_far() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double cpu_seconds_since(MPI_Comm comm, double then) {
  const auto of_ranks = parallel::gather_everywhere<double>(comm, std::vector{cpu_seconds_so_far() - then});
  return std::reduce(of_ranks.begin(), of_ranks.end());
}

parallel::Traffic traffic_since(MPI_Comm comm, const parallel::Traffic& then) {
  const auto mine = parallel::traffic_so_far() - then;
  const auto bytes = parallel::gather_everywhere<std::int64_t>(comm, std::vector{mine.sent + mine.received});
  const auto busiest = static_cast<int>(std::ranges::max_element(bytes) - bytes.begin());
  std::vector numbers{mine.sent, mine.received, mine.messages, mine.collectives};
  parallel::broadcast(comm, numbers, busiest);
  return {.sent = numbers[0], .received = numbers[1], .messages = numbers[2], .collectives = numbers[3]};
}

nlohmann::ordered_json describe(const parallel::Traffic& traffic) {
  return {{"bytes_sent", traffic.sent},
          {"bytes_received", traffic.received},
          {"messages", traffic.messages},
          {"collectives", traffic.collectives}};
}

std::string utc_now() {
  const auto now = std::time(nullptr);
  char text[32] = {};
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
  return text;
}

nlohmann::ordered_json libraries() {
  char mpi[MPI_MAX_LIBRARY_VERSION_STRING] = {};
  int length = 0;
  MPI_Get_library_version(mpi, &length);
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return {{"mpi", std::string(mpi, std::find(mpi, mpi + length, ','))},
          {"hdf5", fmt::format("{}.{}.{}", major, minor, release)},
          {"petsc", fmt::format("{}.{}.{}", PETSC_VERSION_MAJOR, PETSC_VERSION_MINOR, PETSC_VERSION_SUBMINOR)},
          {"slepc", fmt::format("{}.{}.{}", SLEPC_VERSION_MAJOR, SLEPC_VERSION_MINOR, SLEPC_VERSION_SUBMINOR)}};
}

nlohmann::ordered_json describe_machine(MPI_Comm comm) {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  const auto hosts = parallel::gather_everywhere(comm, std::vector<std::string>{host});
  return {{"ranks", parallel::size_of(comm)},
          {"threads", omp_get_max_threads()},
          {"hosts", std::set<std::string>(hosts.begin(), hosts.end())},
          {"libraries", libraries()}};
}

nlohmann::ordered_json read_provenance(const std::filesystem::path& folder) {
  std::ifstream file(folder / "provenance.json");
  return nlohmann::ordered_json::parse(file, nullptr, false);
}

namespace {

std::string digest_of(const nlohmann::ordered_json& record) {
  const auto text = record.dump(2);
  return Sha256().add(std::as_bytes(std::span(text))).hex();
}

}  // namespace

std::string sealed(nlohmann::ordered_json record) {
  record["record_sha256"] = digest_of(record);
  return record.dump(2) + "\n";
}

bool is_sealed(const std::string& text) {
  auto record = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!record.is_object() || record.empty() || record.dump(2) + "\n" != text) return false;
  const auto seal = std::prev(record.end());
  if (seal.key() != "record_sha256" || !seal->is_string()) return false;
  const auto digest = seal->get<std::string>();
  record.erase(seal);
  return digest_of(record) == digest;
}

std::map<std::string, std::string> digests_below(const std::filesystem::path& folder,
                                                 std::map<std::string, std::string> known) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const auto name = entry.path().lexically_relative(folder).generic_string();
    if (!known.contains(name)) known[name] = sha256_of_file(entry.path(), PageCache::let_go);
  }
  return known;
}

}  // namespace miura::app
