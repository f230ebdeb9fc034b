#include "app/sample_labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>
#include <unordered_set>

#include "app/compared_names.hpp"
#include "miura/base/error.hpp"

namespace miura::app {

std::vector<std::string> samples_in_sheet(const std::filesystem::path& path, const input::OutcomeSheet& sheet,
                                          std::span<const std::string> samples, const std::string& table) {
  const std::unordered_set<std::string_view> in_sheet(sheet.sample.begin(), sheet.sample.end());
  std::vector<std::string> joined;
  std::ranges::copy_if(samples, std::back_inserter(joined), [&](const auto& s) { return in_sheet.contains(s); });
  if (joined.empty())
    throw InputError({path, 0, sheet.key_column},
                     fmt::format("names none of the samples of {}: {}", table,
                                 compared_names(sheet.sample.empty() ? "" : sheet.sample.front(),
                                                samples.empty() ? "" : samples.front())));
  return joined;
}

std::vector<std::int32_t> numbered(std::span<const std::string> labels) {
  std::map<std::string_view, std::int32_t> number;
  std::vector<std::int32_t> numbers;
  for (const auto& label : labels)
    numbers.push_back(number.try_emplace(label, static_cast<std::int32_t>(number.size())).first->second);
  return numbers;
}

}  // namespace miura::app
