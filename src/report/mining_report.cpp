#include "miura/report/mining_report.hpp"

#include <algorithm>

#include "report/mining_sections.hpp"
#include "report/mining_words.hpp"
#include "report/page_parts.hpp"
#include "report/specification_section.hpp"
#include "report/whole_page.hpp"

namespace miura::report {

namespace {

Html claim_card(const MiningReport& report) {
  auto card = element("p", text(mining_claim(report)), {{"class", "claim"}}) + Html{"\n"};
  if (const auto details = mining_details(report); !details.empty()) card += bullet_list(details);
  const bool confirmed = std::ranges::any_of(report.selections, &SelectionRow::replicated);
  return element("section", card, {{"id", "finding"}, {"class", confirmed ? "finding declared" : "finding"}}) +
         Html{"\n"};
}

}  // namespace

std::string render_mining(const MiningReport& report) {
  return whole_page(
      "Which genes of a line tell what it becomes", report.study, claim_card(report),
      {warnings_section(report.warnings), intersection_section(report), selection_section(report), rank_section(report),
       hit_section(report), product_section(report), specification_section(report.specification),
       propensity_section(report), outcome_section(report), method_section(report.method),
       settings_section(report.settings), provenance_section(report.inputs), files_section(report.files)},
      report.program_version);
}

}  // namespace miura::report
