#pragma once

#include <gtest/gtest.h>
#include <libdeflate.h>
#include <mpi.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "miura/base/error.hpp"
#include "miura/matrix/lots.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::test {

/// A folder that all ranks see; rank 0 writes into it. Collective to make and to drop.
class SharedFolder {
public:
  SharedFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "miura_input_XXXXXX").string();
    if (writes()) name = mkdtemp(name.data());
    parallel::broadcast(MPI_COMM_WORLD, name);
    path_ = name;
  }
  ~SharedFolder() {
    MPI_Barrier(MPI_COMM_WORLD);
    if (writes()) std::filesystem::remove_all(path_);
  }
  SharedFolder(const SharedFolder&) = delete;
  SharedFolder& operator=(const SharedFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  static bool writes() { return parallel::rank_of(MPI_COMM_WORLD) == 0; }

  /// Writes a file below the folder (gzip if its name says so) and gives its path, once all ranks are done with what
  /// was there.
  std::filesystem::path write(const std::string& name, std::string text) const {
    const auto path = path_ / name;
    MPI_Barrier(MPI_COMM_WORLD);
    if (writes()) {
      std::filesystem::create_directories(path.parent_path());
      if (name.ends_with(".gz")) text = gzip(text);
      std::ofstream(path, std::ios::binary) << text;
    }
    MPI_Barrier(MPI_COMM_WORLD);
    return path;
  }

  static std::string gzip(const std::string& text) {
    auto* const compressor = libdeflate_alloc_compressor(1);
    std::string packed(libdeflate_gzip_compress_bound(compressor, text.size()), '\0');
    packed.resize(libdeflate_gzip_compress(compressor, text.data(), text.size(), packed.data(), packed.size()));
    libdeflate_free_compressor(compressor);
    return packed;
  }

private:
  std::filesystem::path path_;
};

inline matrix::Lot lot_at(const std::string& id, const std::filesystem::path& path, const std::string& format = {}) {
  matrix::Lot lot;
  lot.id = id;
  lot.path = path;
  lot.format = format;
  return lot;
}

/// Every rank must throw an Error with this code and one line that holds all the fragments.
inline void expect_refusal(const std::function<void()>& work, ExitCode code,
                           const std::vector<std::string>& fragments) {
  try {
    work();
    ADD_FAILURE() << "nothing was thrown; expected: " << fragments[0];
  } catch (const Error& e) {
    const std::string line = e.what();
    EXPECT_EQ(static_cast<int>(e.code()), static_cast<int>(code)) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    for (const auto& fragment : fragments)
      EXPECT_NE(line.find(fragment), std::string::npos) << line << " lacks: " << fragment;
  }
}

}  // namespace miura::test
