#include "app/pairwise_markers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "app/configuration.hpp"
#include "app/found_markers.hpp"
#include "app/named_pair.hpp"
#include "app/stop_request.hpp"
#include "miura/base/error.hpp"
#include "miura/matrix/append_rows.hpp"

namespace miura::app {

namespace {

constexpr std::int64_t tests_at_once = std::int64_t{1} << 21;  // at some 100 bytes each
constexpr const char* all_pairs = "all";

markers::Contrast contrast_named(const std::string& typed, const std::vector<std::string>& names) {
  const auto pair = named_pair(typed, names);
  if (!pair)
    throw UsageError(
        fmt::format("markers.pairwise: '{}' is no pair of the clusters {}", typed, fmt::join(names, ", ")));
  return {pair->first, pair->second};
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
    for (const auto& text : split_list(typed)) pairs.push_back(contrast_named(text, names));
  return pairs;
}

void check_pairs(const std::string& typed) {
  if (typed == all_pairs) return;
  for (const auto& text : split_list(typed))
    if (!may_be_pair(text))
      throw UsageError(fmt::format("markers.pairwise: '{}' is neither all nor CLUSTER:CLUSTER", text));
}

matrix::Table pairwise_markers(MPI_Comm comm, const Study& study, const matrix::Pseudobulk& sums, const RunOptions& o) {
  const auto pairs = pairs_named(o.marker_pairs, study.clusters.primary());
  const auto at_once = std::max<std::int64_t>(1, tests_at_once / std::max(1, study.cells.features.size()));
  matrix::Table table{"markers_pairwise", {}};
  for (std::int64_t first = 0; first < std::ssize(pairs); first += at_once) {
    const auto end = std::min(first + at_once, std::ssize(pairs));
    const auto found = find_markers(comm, study, sums,
                                    {.against_rest = false, .pairs = {pairs.begin() + first, pairs.begin() + end}}, o);
    append_rows(table, marker_table(table.name, study, found, foremost_markers(found, o.marker_top)));
    stop_if_requested(comm);
  }
  return table;
}

}  // namespace miura::app
