#include <fmt/format.h>

#include <bit>
#include <cmath>

#include "report/chart_theme.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/sections.hpp"

namespace miura::report {

namespace {

using nlohmann::json;

std::span<const std::uint8_t> bytes_of(const std::vector<std::uint16_t>& values) {
  static_assert(std::endian::native == std::endian::little, "the page reads 16-bit numbers with the low byte first");
  return {reinterpret_cast<const std::uint8_t*>(values.data()), 2 * values.size()};
}

json names(const std::vector<std::string>& texts) {
  json list = json::array();
  for (const auto& text : texts) list.push_back(valid_utf8(text));
  return list;
}

/// What src/report/cells.js reads; its numbers a cell stand in elements of their own.
json described(const CellMap& map) {
  json lots = json::array(), genes = json::array(), fills = json::array();
  for (const auto& lot : map.lots) {
    json outcome = json::array();  // null where unknown
    for (const auto value : lot.outcome) outcome.push_back(std::isfinite(value) ? json(value) : json(nullptr));
    lots.push_back({{"lot", valid_utf8(lot.lot)},
                    {"source", valid_utf8(lot.source)},
                    {"role", valid_utf8(lot.role)},
                    {"cells", lot.cells},
                    {"outcome", outcome}});
  }
  for (const auto& gene : map.genes)
    genes.push_back(
        {{"gene", valid_utf8(gene.gene)}, {"marker_of", valid_utf8(gene.marker_of)}, {"largest", gene.largest}});
  for (const auto& colour : palette) fills.push_back(colour.fill);
  return {{"lots", lots},     {"clusters", names(map.clusters)}, {"outcomes", names(map.outcomes)}, {"genes", genes},
          {"palette", fills}, {"cells", map.x.size()},           {"behind", map.behind_x.size()}};
}

}  // namespace

Section cell_map_section(const StudyReport& report) {
  Section section{"cells", "All cells at a glance", {}};
  const auto& map = report.cell_map;
  if (map.x.empty()) return section;
  const auto n = count_text(static_cast<std::int64_t>(map.x.size()));
  std::string words =
      report.of_new_lots
          ? "The cells of the new lots, placed among those of the reference (grey), whose picture stays as it was."
          : "Cells that lie near each other express alike. Nothing was tested on this picture: distances between far "
            "groups and the sizes of groups in it mean little.";
  if (!report.of_new_lots && !report.mapped_lots.empty())
    words += " Cells of mapped lots were placed among those of the training lots, whose picture they do not change.";
  section.body += paragraph(words);
  const auto caption = element("strong", text("UMAP")) +
                       text(std::ssize(map.x) < map.n_cells
                                ? fmt::format(" of {} cells, drawn from {} by their hash", n, count_text(map.n_cells))
                                : fmt::format(" of {} cells", n)) +
                       table_link("tables/cells.tsv.gz");
  section.body +=
      element("figure",
              element("figcaption", caption) + element("div", {}, {{"class", "cells"}, {"data-cells", "umap"}}),
              {{"class", "chart"}}) +
      Html{"\n"};
  section.body += json_element("umap-cells", described(map).dump(-1, ' ', false, json::error_handler_t::replace));
  section.body += bytes_element("umap-x", bytes_of(map.x)) + bytes_element("umap-y", bytes_of(map.y)) +
                  bytes_element("umap-cluster", map.cluster);
  if (!map.behind_x.empty())
    section.body +=
        bytes_element("umap-behind-x", bytes_of(map.behind_x)) + bytes_element("umap-behind-y", bytes_of(map.behind_y));
  for (std::size_t g = 0; g < map.genes.size(); ++g)
    section.body += bytes_element("umap-gene-" + std::to_string(g), map.genes[g].level);
  return section;
}

}  // namespace miura::report
