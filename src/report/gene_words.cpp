#include "report/gene_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "report/numbers.hpp"
#include "report/ranked_sets.hpp"

namespace miura::report {

namespace {

/// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& names) {
  if (names.size() < 2) return names.empty() ? std::string() : names.front();
  return fmt::format("{} and {}", fmt::join(std::span(names).first(names.size() - 1), ", "), names.back());
}

std::vector<std::string> foremost_genes(const Conditions& conditions, std::string_view direction) {
  constexpr std::size_t named = 3;
  std::vector<std::string> genes;
  for (const auto& row : conditions.genes)
    if (row.contrast == conditions.genes.front().contrast && row.direction == direction && row.effect != 0 &&
        genes.size() < named)
      genes.push_back(row.gene);
  return genes;
}

/// The first set of a direction below the false discovery rate; empty: none is.
std::string foremost_set(std::span<const RankedSetRow> rows, const std::string& ranked_by, std::string_view direction,
                         double alpha) {
  const auto found = std::ranges::find_if(rows, [&](const RankedSetRow& row) {
    return row.ranked_by == ranked_by && row.direction == direction && row.fdr_lots <= alpha;
  });
  return found == rows.end() ? std::string() : set_label(found->set, found->description);
}

/// "X is foremost of those higher in A and Y is foremost of those lower"; of sets below the false discovery rate.
std::string foremost_sets(std::span<const RankedSetRow> rows, const std::string& ranked_by, const std::string& up,
                          const std::string& down, double alpha) {
  std::vector<std::string> parts;
  for (const auto& [direction, where] : {std::pair("up", &up), std::pair("down", &down)})
    if (const auto set = foremost_set(rows, ranked_by, direction, alpha); !set.empty())
      parts.push_back(fmt::format("\u201c{}\u201d is foremost of those {}", set, *where));
  return listed(parts);
}

}  // namespace

std::string words_on_split(const StudyReport& report) {
  std::vector<std::string> without;
  for (const auto& row : report.split_clusters)
    if (row.n_up + row.n_down == 0) without.push_back(row.cluster);
  const auto n = report.split_clusters.size();
  if (n == 0) return {};
  const auto formed = fmt::format("Of {} clusters formed anew on a part of the molecules, ", n);
  if (without.empty()) return formed + "every one has genes that differ on the others (FDR 0.05).";
  constexpr std::size_t most_named = 6;
  return formed + fmt::format("{} {} no gene that differs on the others (FDR 0.05){}, as clusters of noise would.",
                              without.size() == n ? "all" : std::to_string(without.size()),
                              without.size() == 1 ? "has" : "have",
                              without.size() <= most_named ? ": " + listed(without) : "");
}

std::string words_on_conditions(const StudyReport& report) {
  const auto& [first, second, genes, sets] = report.conditions;
  if (genes.empty()) return {};
  const auto of = [&](const char* direction, const std::string& where) {
    const auto names = foremost_genes(report.conditions, direction);
    return names.empty() ? "no gene is higher in " + where + " in a way that donors agree on"
                         : listed(names) + (names.size() == 1 ? " is" : " are") + " most clearly higher in " + where;
  };
  auto words = fmt::format("Between {} and {} of the same {} donors, {}: {}; {}.", first, second, genes.front().n_lots,
                           genes.front().contrast == "all" ? "all cells together" : "cells " + genes.front().contrast,
                           of("up", first), of("down", second));
  const auto of_sets =
      foremost_sets(sets, genes.front().contrast, "higher in " + first, "higher in " + second, report.alpha);
  return of_sets.empty() ? words : fmt::format("{} Gene sets: {}.", words, of_sets);
}

std::string words_on_sets_in(const StudyReport& report, const std::string& cluster) {
  const auto of_sets = foremost_sets(report.cluster_sets, cluster, "that are higher", "that are lower", report.alpha);
  return of_sets.empty() ? of_sets : fmt::format("Gene sets in cluster {}: {}.", cluster, of_sets);
}

}  // namespace miura::report
