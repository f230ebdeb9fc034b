#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace miura::simulate {

/// A folder that is filled beside its place, so that what is there is whole. One rank alone uses it.
class OutputFolder {
public:
  explicit OutputFolder(std::filesystem::path out) : out_(std::move(out)) {}

  /// Makes OUT/.partial with these folders inside; what a killed run has left there is replaced. Error(cannot_create)
  /// where OUT is not empty or cannot be made; `whole` is what needs a folder of its own, for the message.
  void open(std::string_view whole, const std::vector<std::string_view>& folders) const;
  /// Where files are written.
  std::filesystem::path partial() const { return out_ / ".partial"; }
  /// Moves files and folders into place in this order. Error(io).
  void publish(const std::vector<std::string_view>& names) const;

private:
  std::filesystem::path out_;
};

}  // namespace miura::simulate
