#include "miura/report/study_report.hpp"

#include <numeric>

#include "report/sections.hpp"

namespace miura::report {

namespace {

std::vector<Section> sections_of(const StudyReport& report) {
  std::vector<Section> sections{
      warnings_section(report),         cell_map_section(report),    association_section(report),
      populations_section(report),      stability_section(report),   integration_section(report),
      without_clusters_section(report), outcome_section(report),     scatter_section(report),
      composition_section(report),      condition_section(report),   marker_section(report),
      pairwise_section(report),         split_section(report),       enrichment_section(report),
      cell_state_section(report),       mapped_lots_section(report), replication_section(report),
      source_marker_section(report),    confounder_section(report),  lots_section(report),
      variance_section(report),         method_section(report),      settings_section(report),
      provenance_section(report),       files_section(report)};
  std::erase_if(sections, [](const Section& section) { return section.body.markup.empty(); });
  return sections;
}

}  // namespace

std::int64_t Composition::lot_total(std::size_t lot) const {
  const auto row = cells.begin() + static_cast<std::ptrdiff_t>(lot * clusters.size());
  return std::accumulate(row, row + std::ssize(clusters), std::int64_t{0});
}

double Composition::share(std::size_t lot, std::size_t cluster) const {
  const auto total = lot_total(lot);
  return total > 0 ? static_cast<double>(count(lot, cluster)) / static_cast<double>(total) : missing;
}

bool MappedLotRow::is_foreign() const {
  constexpr double most = 0.5;
  return status == "NO_ANCHORS" || share_outside > most;
}

std::string render_html(const StudyReport& report) {
  return whole_page(report.title, report.study, finding_card(report) + key_numbers(report), sections_of(report),
                    report.program_version);
}

}  // namespace miura::report
