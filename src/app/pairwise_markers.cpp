#include "app/pairwise_markers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "app/configuration.hpp"
#include "app/found_markers.hpp"
#include "app/stop_request.hpp"
#include "miura/base/error.hpp"
#include "miura/matrix/append_rows.hpp"

namespace miura::app {

namespace {

constexpr std::int64_t tests_at_once = std::int64_t{1} << 21;  // at some 100 bytes each
constexpr const char* all_pairs = "all";

/// The clusters on both sides of a colon; names may hold colons too.
markers::Contrast pair_named(const std::string& typed, const std::vector<std::string>& names) {
  for (auto colon = typed.find(':'); colon != std::string::npos; colon = typed.find(':', colon + 1)) {
    const auto in = std::ranges::find(names, typed.substr(0, colon)),
               out = std::ranges::find(names, typed.substr(colon + 1));
    if (in != names.end() && out != names.end() && in != out)
      return {static_cast<std::int32_t>(in - names.begin()), static_cast<std::int32_t>(out - names.begin())};
  }
  throw UsageError(fmt::format("markers.pairwise: '{}' is no pair of the clusters {}", typed, fmt::join(names, ", ")));
}

}  // namespace

std::vector<markers::Contrast> pairs_named(const std::string& typed, const matrix::Labeling& clusters) {
  std::vector<markers::Contrast> pairs;
  std::vector<std::string> names;
  for (std::int32_t k = 0; k < clusters.n_clusters; ++k) names.push_back(clusters.name_of(k));
  if (typed == all_pairs)
    for (std::int32_t in = 0; in < clusters.n_clusters; ++in)
      for (std::int32_t out = in + 1; out < clusters.n_clusters; ++out) pairs.push_back({in, out});
  else
    for (const auto& text : split_list(typed)) pairs.push_back(pair_named(text, names));
  return pairs;
}

void check_pairs(const std::string& typed) {
  if (typed == all_pairs) return;
  for (const auto& text : split_list(typed))
    if (text.find(':') == std::string::npos)
      throw UsageError(fmt::format("markers.pairwise: '{}' is neither all nor CLUSTER:CLUSTER", text));
}

matrix::Table pairwise_markers(MPI_Comm comm, const Study& study, const matrix::Pseudobulk& sums, const RunOptions& o) {
  const auto& clusters = study.clusters.primary();
  const auto pairs = pairs_named(o.marker_pairs, clusters);
  const auto at_once = std::max<std::int64_t>(1, tests_at_once / std::max(1, study.cells.features.size()));
  matrix::Table table{"markers_pairwise", {}};
  for (std::int64_t first = 0; first < std::ssize(pairs); first += at_once) {
    const auto end = std::min(first + at_once, std::ssize(pairs));
    const auto found = find_markers(comm, study, sums,
                                    {.against_rest = false, .pairs = {pairs.begin() + first, pairs.begin() + end}}, o);
    const auto rows = foremost_markers(found, o.marker_top);
    auto part = marker_table(table.name, study, found, rows);
    part.columns.insert(part.columns.begin() + 1, {"other", column_of(rows, [&](const Marker& m) {
                                                     return clusters.name_of(found.cells.contrast[m.contrast].out);
                                                   })});
    append_rows(table, std::move(part));
    stop_if_requested(comm);
  }
  return table;
}

}  // namespace miura::app
