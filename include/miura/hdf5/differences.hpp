#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace miura::hdf5 {

/// One object of a file: "/obs/lot/codes", what it is and its shape, as a person wants to read it.
struct Entry {
  std::string path;
  std::string description;
};

/// All groups and data sets of a file, in ascending order of path. Read by the calling rank alone.
std::vector<Entry> contents(const std::filesystem::path& file);

/// What two files hold differently, a line a difference; none if every group, data set (type, shape, bytes) and
/// attribute is the same. How a file is laid out on the disk is not looked at. Read by the calling rank alone, in
/// slabs.
std::vector<std::string> differences(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace miura::hdf5
