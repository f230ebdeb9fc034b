#include "report/specification_section.hpp"

#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/table.hpp"

namespace miura::report {

namespace {

using Align = HtmlTable::Align;

std::string range_text(double low, double high) { return rounded_text(low) + " to " + rounded_text(high); }

}  // namespace

Section specification_section(const std::vector<SpecificationRow>& rules) {
  Section section{"specification", "From claim to specification", {}};
  if (rules.empty()) return section;
  section.body += paragraph(
      "A proposed acceptance threshold for each attribute and outcome. Every lot was judged by the rule that the other "
      "lots give; where these lots also found the attribute, only new ones tell how good the rule is.");
  HtmlTable table("Proposed rules", {{"attribute", Align::text},
                                     {"outcome", Align::text},
                                     {"must be", Align::text},
                                     {"lots"},
                                     {"accept", Align::text},
                                     {"threshold"},
                                     {"with a lot left out"},
                                     {"outcome at the threshold"},
                                     {"sensitivity"},
                                     {"specificity"},
                                     {"status", Align::text},
                                     {"flags", Align::text}});
  for (const auto& row : rules)
    table.add({cell(row.attribute), cell(row.outcome), cell(row.must_be + " " + rounded_text(row.requirement)),
               cell(count_text(row.n_lots)), cell(row.accept), cell(rounded_text(row.threshold)),
               cell(range_text(row.threshold_lo, row.threshold_hi)),
               cell(range_text(row.predicted_lo, row.predicted_hi)), cell(percent_text(row.sensitivity)),
               cell(percent_text(row.specificity)), cell(row.status), cell(row.flags)});
  section.body += table.html();
  return section;
}

}  // namespace miura::report
