#include "app/condition_genes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "app/found_markers.hpp"
#include "app/group_expression.hpp"
#include "app/named_pair.hpp"
#include "app/stop_request.hpp"
#include "miura/base/error.hpp"
#include "miura/input/outcome_sheet.hpp"
#include "miura/markers/lot_consistency.hpp"
#include "miura/matrix/append_rows.hpp"
#include "miura/matrix/table_columns.hpp"

namespace miura::app {

namespace {

/// The conditions that `--genes.compare FIRST:SECOND` names, which lots must have.
void name_conditions(const RunOptions& o, std::vector<std::string> known, Conditions& conditions) {
  std::ranges::sort(known);
  known.erase(std::unique(known.begin(), known.end()), known.end());
  const auto pair = named_pair(o.condition_compare, known);
  if (!pair)
    throw UsageError(fmt::format("genes.compare: '{}' is not FIRST:SECOND of the conditions {} in column {}",
                                 o.condition_compare, fmt::join(known, ", "), o.condition_column));
  conditions.first = known[pair->first];
  conditions.second = known[pair->second];
}

matrix::Table table_of(const Study& study, const std::string& group, const markers::LotConsistency& found,
                       const std::vector<Marker>& rows) {
  const auto& features = study.cells.features;
  matrix::TableColumns<Marker> table("condition_genes", rows);
  const auto real = [&](const char* name, const std::vector<double>& of_gene) {
    table.add(name, [&](const Marker& r) { return of_gene[r.gene]; });
  };
  table.add("group", [&](const Marker&) { return group; });
  table.add("direction", [](const Marker& r) { return std::string(r.up ? "up" : "down"); });
  table.add("rank", &Marker::rank);
  table.add("gene", [&](const Marker& r) { return features.symbol[r.gene]; });
  table.add("gene_id", [&](const Marker& r) { return features.id[r.gene]; });
  table.add("n_pairs", [&](const Marker&) { return found.n_lots[0]; });
  table.add("n_higher", [&](const Marker& r) { return found.n_higher[r.gene]; });
  table.add("n_lower", [&](const Marker& r) { return found.n_lower[r.gene]; });
  real("difference", found.difference);
  real("effect", found.effect);
  real("p_pairs", found.p);
  real("p_pairs_maxT", found.p_max_t);
  table.add("p_min_attainable", [&](const Marker&) { return found.p_min[0]; });
  return table.take();
}

}  // namespace

Conditions read_conditions(const matrix::Lots& lots, const RunOptions& o, const std::filesystem::path& sheet) {
  Conditions conditions;
  if (o.condition_column.empty()) return conditions;
  std::vector<std::string> ids;
  for (const auto& lot : lots)
    if (lot.role == "train") ids.push_back(lot.id);
  const auto column = [&](const std::string& name) {
    return input::read_labels(sheet, {.key_column = "lot", .sample = {}, .columns = {}, .numeric = {}}, ids, name);
  };
  const auto condition = column(o.condition_column), donor = column(o.condition_pair);
  name_conditions(o, condition, conditions);
  std::map<std::string, std::array<bool, 2>> has;
  for (std::size_t t = 0; t < ids.size(); ++t)
    if (!donor[t].empty() && (condition[t] == conditions.first || condition[t] == conditions.second))
      has[donor[t]][condition[t] == conditions.first ? 0 : 1] = true;
  for (const auto& [name, both] : has)
    if (both[0] && both[1]) conditions.pair.push_back(name);
  if (conditions.pair.size() < 2)
    throw UsageError(fmt::format("genes.condition: fewer than two in column {} have lots of both {} and {}",
                                 o.condition_pair, conditions.first, conditions.second));
  conditions.pair_of_lot.assign(lots.size(), -1);
  conditions.is_first.assign(lots.size(), 0);
  for (std::size_t l = 0, t = 0; l < lots.size(); ++l) {
    if (lots[l].role != "train") continue;
    const auto at = std::ranges::find(conditions.pair, donor[t]);
    if (at != conditions.pair.end() && (condition[t] == conditions.first || condition[t] == conditions.second))
      conditions.pair_of_lot[l] = static_cast<std::int32_t>(at - conditions.pair.begin());
    conditions.is_first[l] = condition[t] == conditions.first ? 1 : 0;
    ++t;
  }
  return conditions;
}

matrix::Pseudobulk sums_of_conditions(const matrix::Pseudobulk& sums, std::int32_t group,
                                      const Conditions& conditions) {
  constexpr std::int32_t both = 0, first = 1, second = 2;
  const auto n_pairs = static_cast<std::int64_t>(conditions.pair.size());
  const auto regrouped = [&](std::span<const std::int64_t> of_lots, std::span<std::int64_t> to) {
    for (std::size_t l = 0; l < of_lots.size(); ++l) {
      if (conditions.pair_of_lot[l] < 0) continue;
      for (const auto g : {both, conditions.is_first[l] ? first : second})
        to[g * n_pairs + conditions.pair_of_lot[l]] += of_lots[l];
    }
  };
  matrix::Pseudobulk of_pairs{.genes = sums.genes,
                              .n_lots = static_cast<std::int32_t>(n_pairs),
                              .n_groups = 3,
                              .sum = std::vector<std::int64_t>(sums.n_local() * 3 * n_pairs),
                              .total = std::vector<std::int64_t>(3 * n_pairs),
                              .cells = std::vector<std::int64_t>(3 * n_pairs)};
  for (std::int64_t g = 0; g < sums.n_local(); ++g)
    regrouped(sums.of(g, group), std::span(of_pairs.sum).subspan(g * 3 * n_pairs, 3 * n_pairs));
  regrouped(sums.total_of(group), of_pairs.total);
  regrouped(sums.cells_of(group), of_pairs.cells);
  return of_pairs;
}

matrix::Table condition_genes(MPI_Comm comm, const Study& study, const matrix::Pseudobulk& sums,
                              const Conditions& conditions, const RunOptions& o) {
  const std::vector<std::uint8_t> all(conditions.pair.size(), 1);
  matrix::Table table{"condition_genes", {}};
  for (std::int32_t group = 0; group < sums.n_groups; ++group) {
    const auto found =
        markers::lot_consistency(comm, sums_of_conditions(sums, group, conditions), all,
                                 {.contrasts = {.against_rest = false, .pairs = {{0, 1}}}, .seed = o.common.seed});
    if (found.n_lots[0] < 2) continue;
    append_rows(table, table_of(study, name_of_group(study, group), found,
                                foremost_genes(markers::ranked_genes(found, 0), found.difference, o.marker_top)));
    stop_if_requested(comm);
  }
  return table;
}

}  // namespace miura::app
