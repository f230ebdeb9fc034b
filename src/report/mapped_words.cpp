#include "report/mapped_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <vector>

#include "miura/report/headline.hpp"
#include "report/numbers.hpp"

namespace miura::report {

namespace {

/// The lot with the largest share outside, or nothing.
const MappedLotRow* farthest(const StudyReport& report, bool held_out) {
  const MappedLotRow* found = nullptr;
  for (const auto& lot : report.mapped_lots)
    if (lot.held_out == held_out && lot.share_outside >= 0 &&
        (found == nullptr || lot.share_outside > found->share_outside))
      found = &lot;
  return found;
}

std::vector<std::string> foreign_lots(const StudyReport& report) {
  std::vector<std::string> names;
  for (const auto& lot : report.mapped_lots)
    if (!lot.held_out && lot.is_foreign()) names.push_back(lot.lot);
  return names;
}

std::string lots_word(std::int64_t n) { return count_text(n) + (n == 1 ? " lot" : " lots"); }

std::string figures_of(const ReplicationRow& row, Replication replication, double alpha) {
  auto figures = fmt::format("{} ({}", words_of_group(row.role, row.source), lots_word(row.n_lots));
  if (replication == Replication::too_few_lots && row.p_min_attainable <= 1)
    figures += ", smallest attainable p " + p_text(row.p_min_attainable, alpha);
  else if (row.p_one_sided <= 1)
    figures += fmt::format(", rho {}, one-sided p = {}", rho_text(row.rho), p_text(row.p_one_sided, alpha));
  return figures + ")";
}

/// What the rows of an outcome and of such groups show, finding by finding; empty where there is none.
std::string findings_in(const StudyReport& report, const std::string& outcome, GroupOfLots group) {
  std::string found;
  for (const auto kind :
       {Replication::replicated, Replication::not_replicated, Replication::too_few_lots, Replication::not_testable}) {
    std::vector<std::string> groups;
    for (const auto& row : report.replication)
      if (row.outcome == outcome && group_of(row) == group && replication_of(row, report.alpha) == kind)
        groups.push_back(figures_of(row, kind, report.alpha));
    if (!groups.empty())
      found += fmt::format("{}{} in {}", found.empty() ? "" : "; ", word_for(kind), fmt::join(groups, ", "));
  }
  return found;
}

}  // namespace

GroupOfLots group_of(const ReplicationRow& row) {
  if (row.role == "all" || row.source == "all") return GroupOfLots::together;
  return row.role == "test" ? GroupOfLots::held_out : GroupOfLots::other;
}

std::string words_of_group(std::string_view role, std::string_view source) {
  if (role == "all") return source == "all" ? "all mapped lots" : fmt::format("all mapped lots of {}", source);
  const auto lots = role == "train" ? std::string("training lots") : fmt::format("{} lots", role);
  return source == "all" ? lots + " of all sources" : fmt::format("{} of {}", lots, source);
}

std::string warning_of_foreign_lots(const StudyReport& report) {
  const auto names = foreign_lots(report);
  if (names.empty()) return {};
  return fmt::format(
      "{} {} not belong to the reference: {}. More than half of the cells are like none that it holds, or nothing "
      "links them to it at all. Their shares of clusters are not to be used.",
      lots_word(std::ssize(names)), names.size() == 1 ? "does" : "do", fmt::join(names, ", "));
}

std::string claim_on_new_lots(const StudyReport& report) {
  std::int64_t lots = 0, cells = 0, assigned = 0;
  for (const auto& lot : report.mapped_lots) {
    if (lot.held_out) continue;
    ++lots;
    cells += lot.n_cells;
    assigned += lot.n_cells - lot.n_unassigned;
  }
  const auto foreign = std::ssize(foreign_lots(report));
  const auto share =
      fmt::format("{} of {} cells have a cluster ({})", count_text(assigned), count_text(cells),
                  percent_text(cells > 0 ? static_cast<double>(assigned) / static_cast<double>(cells) : missing));
  if (foreign > 0)
    return fmt::format("{} of {} new lots {} not belong to the reference; {}.", foreign, lots,
                       foreign == 1 ? "does" : "do", share);
  return fmt::format("{} mapped onto the reference: {}.",
                     lots == 1 ? "One new lot is" : fmt::format("{} new lots are", lots), share);
}

std::string comparison_with_held_out(const StudyReport& report) {
  const auto *mapped = farthest(report, false), *held_out = farthest(report, true);
  if (mapped == nullptr) return {};
  const auto most = fmt::format("Cells unlike all of the reference: at most {} of a mapped lot ({})",
                                percent_text(mapped->share_outside), mapped->lot);
  if (held_out == nullptr) return most + ".";
  return fmt::format("{}; at most {} of a training lot that was held out and mapped onto the others ({}).", most,
                     percent_text(held_out->share_outside), held_out->lot);
}

Replication replication_of(const ReplicationRow& row, double alpha) {
  if (row.status.starts_with("CONSTANT") || row.status == "NOT_TESTED") return Replication::not_testable;
  if (!(row.p_min_attainable <= alpha) || !(row.p_one_sided <= 1)) return Replication::too_few_lots;
  return row.p_one_sided <= alpha ? Replication::replicated : Replication::not_replicated;
}

std::string word_for(Replication replication) {
  constexpr std::array words{"replicated", "not replicated", "too few lots to tell", "cannot be tested"};
  return words[static_cast<std::size_t>(replication)];
}

bool was_not_declared(const StudyReport& report, const ReplicationRow& row) {
  return !report.association.empty() && std::ranges::none_of(report.association, [&](const AssociationRow& test) {
    return test.outcome == row.outcome && test.cluster == row.cluster && is_declared(report, test);
  });
}

std::string words_on_replication(const StudyReport& report) {
  const auto& rows = report.replication;
  if (rows.empty()) return {};
  const auto primary = std::ranges::find(rows, report.primary_outcome, &ReplicationRow::outcome);
  const auto& first = primary == rows.end() ? rows.front() : *primary;
  const auto found = [&](GroupOfLots group) { return findings_in(report, first.outcome, group); };
  const auto held_out = found(GroupOfLots::held_out), others = found(GroupOfLots::other),
             together = found(GroupOfLots::together);
  auto words = fmt::format("In other lots, cluster {} and {} ({} as in the training lots). ", first.cluster,
                           first.outcome, first.hypothesis);
  words += held_out.empty() ? "No lots were held out to confirm it (role test), so that no group counts before another."
                            : fmt::format("Held out to confirm it: {}.", held_out);
  if (!others.empty()) words += fmt::format(" Other groups: {}.", others);
  if (!together.empty()) words += fmt::format(" The same lots taken together, no evidence of their own: {}.", together);
  if (was_not_declared(report, first))
    words += " The training lots do not declare this cluster, so this explores and confirms nothing.";
  return words;
}

}  // namespace miura::report
