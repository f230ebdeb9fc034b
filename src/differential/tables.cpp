#include "miura/differential/tables.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "miura/matrix/table_columns.hpp"

namespace miura::differential {

namespace {

/// Columns that a probe has whatever it is compared over.
template <class Row>
void add_comparison(matrix::TableColumns<Row>& columns, Scale scale) {
  columns.add("n0", &ProbeRow::n0);
  columns.add("n1", &ProbeRow::n1);
  columns.add("mean0", &ProbeRow::mean0);
  columns.add("mean1", &ProbeRow::mean1);
  columns.add("difference", &ProbeRow::difference);
  if (scale == Scale::m_of_beta) columns.add("difference_m", &ProbeRow::difference_m);
  columns.add("statistic", &ProbeRow::statistic);
  columns.add("df", &ProbeRow::df);
  columns.add("p", &ProbeRow::p);
  columns.add("q_bh", &ProbeRow::q_bh);
  columns.add("p_maxT", &ProbeRow::p_max_t);
  columns.add("p_min_attainable", &ProbeRow::p_min_attainable);
}

template <class Row>
void add_verdict(matrix::TableColumns<Row>& columns, Scale scale) {
  columns.add("direction", [=](const Row& row) { return direction_word(row.direction, scale); });
  columns.add("status", [](const Row& row) { return std::string(name_of(row.status)); });
}

template <class Row>
void add_null(matrix::TableColumns<Row>& columns) {
  columns.add("null_mean", [](const Row& row) { return row.null.mean; });
  columns.add("null_95", [](const Row& row) { return row.null.upper_95; });
  columns.add("p_count", [](const Row& row) { return row.null.p; });
}

/// Names of genes or regions of a probe, one an entry, separated by `;` as they were read.
std::string listed(std::span<const matrix::ProbeAnnotation::Entry> entries, const std::vector<std::string>& names,
                   std::int32_t matrix::ProbeAnnotation::Entry::*of) {
  std::string text;
  for (const auto& entry : entries) {
    if (&entry != &entries.front()) text += ';';
    if (entry.*of >= 0) text += names[entry.*of];
  }
  return text;
}

std::string column_of(const char* what, int direction, Scale scale) {
  return std::string(what) + "_" + direction_word(direction, scale);
}

}  // namespace

std::string direction_word(int direction, Scale scale) {
  if (direction == 0) return "";
  if (scale == Scale::plain) return direction > 0 ? "up" : "down";
  return direction > 0 ? "hyper" : "hypo";
}

matrix::Table differential_table(const Result& found, const matrix::Measurements& table,
                                 const matrix::ProbeAnnotation& annotation, Scale scale) {
  matrix::TableColumns<ProbeRow> columns("differential", found.rows);
  const auto place = [&](const ProbeRow& row) { return &row - found.rows.data(); };
  columns.add("feature", [&](const ProbeRow& row) { return table.feature[place(row)]; });
  if (annotation.n_probes() > 0) {
    using Entry = matrix::ProbeAnnotation::Entry;
    columns.add("gene",
                [&](const ProbeRow& row) { return listed(annotation.of(place(row)), annotation.gene, &Entry::gene); });
    columns.add("region_class", [&](const ProbeRow& row) {
      return listed(annotation.of(place(row)), annotation.region, &Entry::region);
    });
  }
  add_comparison(columns, scale);
  add_verdict(columns, scale);
  return columns.take();
}

matrix::Table region_table(const Regions& found, Scale scale) {
  matrix::TableColumns<RegionRow> columns("region_classes", found.rows);
  columns.add("region_class", &RegionRow::region);
  columns.add("direction", [=](const RegionRow& row) { return direction_word(row.direction, scale); });
  columns.add("n_tested", &RegionRow::n_tested);
  columns.add("n_hits", &RegionRow::n_hits);
  columns.add("expected", &RegionRow::expected);
  columns.add("odds_ratio", &RegionRow::odds_ratio);
  columns.add("log10_p_enriched", &RegionRow::log10_p_enriched);
  columns.add("log10_p_depleted", &RegionRow::log10_p_depleted);
  add_null(columns);
  columns.add("p_top_enriched", &RegionRow::p_top_enriched);
  columns.add("p_top_depleted", &RegionRow::p_top_depleted);
  return columns.take();
}

matrix::Table gene_table(const Regions& found, const matrix::Measurements& table, const Result& probes, Scale scale) {
  matrix::TableColumns<GeneRow> columns("differential_genes", found.genes);
  columns.add("gene", &GeneRow::gene);
  columns.add("n_tested", &GeneRow::n_tested);
  columns.add("n_promoter", &GeneRow::n_promoter);
  for (const int direction : {1, -1}) {
    const std::size_t at = direction > 0 ? 0 : 1;
    columns.add(column_of("n", direction, scale).c_str(), [=](const GeneRow& row) { return row.hits[at]; });
    columns.add(column_of("n_promoter", direction, scale).c_str(),
                [=](const GeneRow& row) { return row.promoter_hits[at]; });
    columns.add(column_of("p_promoter", direction, scale).c_str(),
                [=](const GeneRow& row) { return row.p_promoter_hits[at]; });
  }
  columns.add("mean_difference", &GeneRow::mean_difference);
  columns.add("mean_difference_promoter", &GeneRow::mean_difference_promoter);
  columns.add("best_feature", [&](const GeneRow& row) { return table.feature[row.best_probe]; });
  columns.add("best_p", [&](const GeneRow& row) { return probes.rows[row.best_probe].p; });
  columns.add("best_difference", [&](const GeneRow& row) { return probes.rows[row.best_probe].difference; });
  return columns.take();
}

matrix::Table gene_count_table(const Regions& found, Scale scale) {
  matrix::TableColumns<GeneCountRow> columns("differential_gene_counts", found.gene_counts);
  columns.add("at_least", &GeneCountRow::k);
  columns.add("direction", [=](const GeneCountRow& row) { return direction_word(row.direction, scale); });
  columns.add("n_genes", &GeneCountRow::n_genes);
  add_null(columns);
  return columns.take();
}

matrix::Table gene_probe_table(const Result& found, const matrix::Measurements& table,
                               const matrix::ProbeAnnotation& annotation, std::span<const std::int32_t> genes,
                               Scale scale) {
  using Entry = matrix::ProbeAnnotation::Entry;
  struct Row {
    std::int32_t gene;
    std::int64_t probe;
  };
  std::vector<Row> rows;
  for (const auto gene : genes) {
    const auto first = std::ssize(rows);
    for (std::int64_t f = 0; f < annotation.n_probes(); ++f)
      if (annotation.place[f].position >= 0 &&
          std::ranges::find(annotation.of(f), gene, &Entry::gene) != annotation.of(f).end())
        rows.push_back({gene, f});
    std::stable_sort(rows.begin() + first, rows.end(), [&](const Row& a, const Row& b) {
      const auto &p = annotation.place[a.probe], &q = annotation.place[b.probe];
      return std::pair(p.chromosome, p.position) < std::pair(q.chromosome, q.position);
    });
  }
  const auto probe = [&](const Row& row) -> const ProbeRow& { return found.rows[row.probe]; };
  matrix::TableColumns<Row> columns("gene_probes", rows);
  columns.add("gene", [&](const Row& row) { return annotation.gene[row.gene]; });
  columns.add("feature", [&](const Row& row) { return table.feature[row.probe]; });
  columns.add("chromosome", [&](const Row& row) {
    const auto chromosome = annotation.place[row.probe].chromosome;
    return chromosome < 0 ? std::string() : annotation.chromosome[chromosome];
  });
  columns.add("position", [&](const Row& row) { return annotation.place[row.probe].position; });
  columns.add("region_class", [&](const Row& row) {
    std::vector<Entry> own;
    std::ranges::copy_if(annotation.of(row.probe), std::back_inserter(own),
                         [&](const Entry& entry) { return entry.gene == row.gene; });
    return listed(own, annotation.region, &Entry::region);
  });
  columns.add("mean0", [&](const Row& row) { return probe(row).mean0; });
  columns.add("mean1", [&](const Row& row) { return probe(row).mean1; });
  columns.add("difference", [&](const Row& row) { return probe(row).difference; });
  columns.add("p", [&](const Row& row) { return probe(row).p; });
  columns.add("q_bh", [&](const Row& row) { return probe(row).q_bh; });
  columns.add("direction", [&](const Row& row) { return direction_word(probe(row).direction, scale); });
  columns.add("status", [&](const Row& row) { return std::string(name_of(probe(row).status)); });
  return columns.take();
}

matrix::Table course_table(std::span<const CourseRow> rows, const matrix::Measurements& table, Scale scale) {
  matrix::TableColumns<CourseRow> columns("differential_times", rows);
  columns.add("feature", [&](const CourseRow& row) { return table.feature[row.feature]; });
  columns.add("time", &CourseRow::time);
  add_comparison(columns, scale);
  columns.add("n_perm",
              [](const CourseRow& row) { return row.n_relabelings - (row.exact || row.n_relabelings == 0 ? 0 : 1); });
  columns.add("perm_type", [](const CourseRow& row) {
    return std::string(row.n_relabelings == 0 ? "" : row.exact ? "exact" : "mc");
  });
  add_verdict(columns, scale);
  return columns.take();
}

}  // namespace miura::differential
