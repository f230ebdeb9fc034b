#include "report/mining_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "report/numbers.hpp"

namespace miura::report {

namespace {

std::string listed(const std::vector<std::string>& names, std::ptrdiff_t most = 8) {
  const auto shown = std::min(most, std::ssize(names));
  auto text = fmt::format("{}", fmt::join(names.begin(), names.begin() + shown, ", "));
  if (std::ssize(names) > shown) text += fmt::format(" and {} more", std::ssize(names) - shown);
  return text;
}

std::string beside_chance(const HitCountRow& count, double alpha) {
  if (std::isnan(count.p))
    return fmt::format("{} of {}, not tested ({})", count_text(count.observed), count_text(count.n_units),
                       count.status);
  return fmt::format("{} of {}; relabeled lines give {} on average, 95 % of them at most {} (p {})",
                     count_text(count.observed), count_text(count.n_units), rounded_text(count.null_mean),
                     count_text(count.null_95), p_text(count.p, alpha));
}

const HitCountRow* of_test_lines(const MiningReport& report, const HitCountRow& count) {
  const auto found = std::ranges::find_if(report.counts, [&](const HitCountRow& other) {
    return other.kind == "replication" && other.name == count.name && other.measurement == count.measurement;
  });
  return found == report.counts.end() ? nullptr : &*found;
}

bool has_intersections(const MiningReport& report) {
  return std::ranges::any_of(report.counts, [](const auto& count) { return count.kind == "intersection"; });
}

/// Rules in the order of the page, intersections first.
std::vector<std::string> rules_of(const MiningReport& report, bool intersections) {
  std::vector<std::string> rules;
  for (const auto& count : report.counts)
    if (count.kind == (intersections ? "intersection" : "hits") && std::ranges::find(rules, count.name) == rules.end())
      rules.push_back(count.name);
  return rules;
}

}  // namespace

bool is_more_than_chance(const HitCountRow& count, double alpha) { return count.p <= alpha; }

std::vector<std::string> replicated_genes(const MiningReport& report, const std::string& rule, bool is_intersection) {
  std::vector<const SelectionRow*> rows;
  for (const auto& row : report.selections)
    if (row.replicated && row.rule == rule && row.is_intersection == is_intersection) rows.push_back(&row);
  std::ranges::stable_sort(rows, {}, &SelectionRow::p_test);
  std::vector<std::string> genes;
  for (const auto* row : rows) {
    const auto& name = row->gene.empty() ? row->unit : row->gene;
    if (std::ranges::find(genes, name) == genes.end()) genes.push_back(name);
  }
  return genes;
}

std::string mining_claim(const MiningReport& report) {
  for (const bool intersections : {true, false}) {
    std::vector<std::string> claims;
    for (const auto& rule : rules_of(report, intersections))
      if (const auto genes = replicated_genes(report, rule, intersections); !genes.empty())
        claims.push_back(fmt::format("{} ({})", listed(genes, 3), rule));
    if (!claims.empty()) return fmt::format("Confirmed in other lines: {}.", fmt::join(claims, "; "));
  }
  if (!report.selections.empty()) return "Nothing that the training lines select is confirmed in the test lines.";
  std::vector<std::string> more;
  for (const auto& count : report.counts)
    if (is_more_than_chance(count, report.alpha) && std::ranges::find(more, count.name) == more.end())
      more.push_back(count.name);
  if (more.empty()) return "No rule finds more than chance gives.";
  return fmt::format("More than chance gives for {}; which of these genes are true only other lines can tell.",
                     listed(more));
}

std::vector<std::string> mining_details(const MiningReport& report) {
  std::vector<std::string> details;
  const bool intersections = has_intersections(report);
  constexpr std::ptrdiff_t most = 20;
  for (const auto& count : report.counts) {
    if (count.kind != (intersections ? "intersection" : "hits") || std::ssize(details) == most) continue;
    auto text = fmt::format("{}{} ({}): {}", count.name, count.measurement.empty() ? "" : " in " + count.measurement,
                            count.rule, beside_chance(count, report.alpha));
    text += is_more_than_chance(count, report.alpha) ? "." : ": no more than chance gives.";
    if (const auto* again = intersections ? of_test_lines(report, count) : nullptr; again != nullptr) {
      const auto genes = replicated_genes(report, count.name, true);
      text += fmt::format(" In {} test lines the rule holds again for {}.", again->n_lines,
                          beside_chance(*again, report.alpha));
      text += genes.empty() ? " None is replicated."
                            : fmt::format(" Replicated at a false discovery rate of {:g} %: {}.", 100 * report.alpha,
                                          listed(genes));
    }
    details.push_back(std::move(text));
  }
  return details;
}

}  // namespace miura::report
