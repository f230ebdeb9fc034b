#include "miura/report/stored_report.hpp"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "report/stored_tables.hpp"

namespace miura::report {

namespace {

using nlohmann::json;

constexpr int format = 3;  // to be raised whenever a field comes, goes or changes its meaning

/// Numbers of a cell each as bytes, little end first, as this program knows no other machine.
template <class T>
json packed(const std::vector<T>& values) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(T));
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return json::binary(std::move(bytes));
}

template <class T>
void unpack(const json& from, std::vector<T>& values) {
  const auto& bytes = from.get_binary();
  if (bytes.size() % sizeof(T) != 0) throw std::invalid_argument("numbers of cells are cut off");
  values.resize(bytes.size() / sizeof(T));
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
}

}  // namespace

// One line a structure, found by nlohmann-json beside the structures. A page that is rendered again must be the same
// page: that is tested, so no field is forgotten here.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CellMap::Lot, lot, source, role, cells, outcome)

void to_json(json& to, const CellMap::Gene& gene) {
  to = {{"gene", gene.gene}, {"marker_of", gene.marker_of}, {"largest", gene.largest}, {"level", packed(gene.level)}};
}

void from_json(const json& from, CellMap::Gene& gene) {
  from.at("gene").get_to(gene.gene);
  from.at("marker_of").get_to(gene.marker_of);
  from.at("largest").get_to(gene.largest);
  unpack(from.at("level"), gene.level);
}

void to_json(json& to, const CellMap& map) {
  to = {{"lots", map.lots},
        {"clusters", map.clusters},
        {"outcomes", map.outcomes},
        {"genes", map.genes},
        {"n_cells", map.n_cells},
        {"x", packed(map.x)},
        {"y", packed(map.y)},
        {"cluster", packed(map.cluster)},
        {"behind_x", packed(map.behind_x)},
        {"behind_y", packed(map.behind_y)}};
}

void from_json(const json& from, CellMap& map) {
  from.at("lots").get_to(map.lots);
  from.at("clusters").get_to(map.clusters);
  from.at("outcomes").get_to(map.outcomes);
  from.at("genes").get_to(map.genes);
  from.at("n_cells").get_to(map.n_cells);
  unpack(from.at("x"), map.x);
  unpack(from.at("y"), map.y);
  unpack(from.at("cluster"), map.cluster);
  unpack(from.at("behind_x"), map.behind_x);
  unpack(from.at("behind_y"), map.behind_y);
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LotRow, lot, source, role, cells_read, cells_kept, cells_dropped, median_counts,
                                   median_genes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Composition, partition, lots, clusters, cells)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(AssociationRow, family, partition, cluster, outcome, population, n_lots, mean_share,
                                   rho, ci_lo, ci_hi, p_exact, p_step, p_single, permutations, permutation_kind, status,
                                   flags)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PopulationRow, population, outcome, claim, n_partitions, of_partitions, core_cells,
                                   mean_share, rho_min, rho_max, p_step, stability, primary_cluster, flags)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(OutcomeRow, lot, source, role, value)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Scatter::Point, lot, source, share, outcome)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Scatter, partition, cluster, outcome, points)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MarkerRow, cluster, gene, difference, effect, n_higher, n_lots, p_max_t, auc,
                                   share_in, share_out, flags)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MarkerDot, marker_of, gene, gene_id, cluster, share, log2_fold)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SplitClusterRow, cluster, primary_cluster, jaccard, n_cells, n_tested, n_up, n_down,
                                   n_up_all, n_down_all)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ContrastGene, contrast, direction, gene, gene_id, difference, effect, n_lots,
                                   n_higher, n_lower, p, p_max_t, p_min)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(VolcanoPoint, cluster, gene, log2_fold, log10_p, n_lots, n_higher, n_lower,
                                   lots_agree)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(EnrichmentRow, cluster, direction, set, description, k, in_set, universe, fold,
                                   log10_p, log10_fdr, genes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RankedSetRow, ranked_by, set, description, direction, size, nes_genes, fdr_genes,
                                   nes_lots, p_lots, fdr_lots)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Conditions, first, second, genes, sets)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StabilityRow::Point, n_lots, jaccard)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StabilityRow, cluster, cells, lots, dissolved_cells, dissolved_lots,
                                   lots_to_hold_still, by_lots)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ConfounderRow, covariate, outcome, n_lots, rho, p_exact, status)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CellStateRow, cluster, n_cells, share_g1, share_s, share_g2m, share_undecided,
                                   doublet_score, share_doublet_like)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(WithoutCyclingRow, family, partition, cluster, outcome, share_cycling, rho,
                                   rho_without, p_exact, p_exact_without, p_step, p_step_without, declared,
                                   declared_without, status_without)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(IntegrationRow, integration, other, cluster, other_cluster, outcome, ari, jaccard,
                                   rho_shares, rho, other_rho, p_exact, other_p_exact, p_step, other_p_step)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(NeighborhoodRow, outcome, n_lots, n_components, p, p_local, p_clusters, p_omnibus,
                                   status)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MappedLotRow, lot, source, role, n_cells, n_outside, n_unassigned, share_outside,
                                   p_outside, held_out, status)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ReplicationRow, outcome, cluster, hypothesis, role, source, n_lots, rho, p_one_sided,
                                   p_min_attainable, status, flags)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SourceMarkers::Row, gene, role, source, group, n_lots, n_cells, share_expressing,
                                   high_from, share_high, mean, log2_cpm, status)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SourceMarkers::Test, gene, role, source, group, against, measure, n_lots, n_against,
                                   difference, p, p_min_attainable, p_holm, status)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SourceMarkers::Bin, gene, role, source, group, from, to, cells)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SourceMarkers::Lot, gene, lot, role, source, share_high_declared, share_high_other)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SourceMarkers, cluster, rows, tests, density, lots)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StudyReport, title, study, program_version, findings, drop_reasons, lots, n_genes,
                                   outcome_names, outcomes, composition, primary_outcome, primary_value, alpha,
                                   association, populations, scatter, without_clusters, stability, stability_replicates,
                                   markers, marker_dots, split_clusters, pairwise, volcano, enrichment, ranked_sets,
                                   cluster_sets, conditions, cell_map, integration, cell_states, without_cycle,
                                   doublet_threshold, without_cycling, confounders, of_new_lots, mapped_lots,
                                   mapped_composition, replication, replication_scatter, source_markers, variance_ratio,
                                   method, settings, warnings, files, inputs, labels_digest, digests)

namespace {

constexpr const char* study = "study";
constexpr const char* comparison = "comparison";
constexpr const char* mining = "mining";
constexpr const char* two_groups = "differential";
constexpr const char* gene_sets = "enrichment";

template <class Report>
std::vector<std::uint8_t> bytes_of(const char* kind, const Report& report) {
  return json::to_cbor({{"miura_page", kind}, {"format", format}, {"content", report}});
}

/// The file that these bytes are, of a format that is known here.
json file_of(std::span<const std::uint8_t> bytes) {
  auto file = json::from_cbor(bytes.begin(), bytes.end(), true, false);
  if (!file.is_object() || !file.contains("miura_page") || !file.contains("content"))
    throw std::invalid_argument("holds no page of miura");
  if (const auto found = file.value("format", 0); found != format)
    throw std::invalid_argument("is of format " + std::to_string(found) + ", this miura reads " +
                                std::to_string(format));
  return file;
}

template <class Report>
Report content_of(const json& file) {
  try {
    return file.at("content").get<Report>();
  } catch (const json::exception& e) {
    throw std::invalid_argument(std::string("is damaged: ") + e.what());
  }
}

}  // namespace

std::vector<std::uint8_t> stored(const StudyReport& report) { return bytes_of(study, report); }
std::vector<std::uint8_t> stored(const ComparisonReport& report) { return bytes_of(comparison, report); }
std::vector<std::uint8_t> stored(const MiningReport& report) { return bytes_of(mining, report); }
std::vector<std::uint8_t> stored(const DifferentialReport& report) { return bytes_of(two_groups, report); }
std::vector<std::uint8_t> stored(const EnrichmentReport& report) { return bytes_of(gene_sets, report); }

std::vector<NamedText> below_their_folder(std::vector<NamedText> files) {
  if (files.empty()) return files;
  std::string_view same = files.front().name;
  for (const auto& file : files) {
    const auto end = std::ranges::mismatch(same, file.name).in1;
    same = same.substr(0, static_cast<std::size_t>(end - same.begin()));
  }
  const auto folder = same.rfind('/') + 1;  // 0 if there is none: npos + 1
  for (auto& file : files) file.name.erase(0, folder);
  return files;
}

std::vector<std::uint8_t> with_inputs(std::span<const std::uint8_t> bytes, const std::vector<NamedText>& inputs) {
  auto file = file_of(bytes);
  file["content"]["inputs"] = below_their_folder(inputs);
  return json::to_cbor(file);
}

StudyReport restored(std::span<const std::uint8_t> bytes) {
  const auto file = file_of(bytes);
  if (file.at("miura_page") != study) throw std::invalid_argument("holds no page of a study");
  return content_of<StudyReport>(file);
}

std::string render_stored(std::span<const std::uint8_t> bytes) {
  const auto file = file_of(bytes);
  const auto& kind = file.at("miura_page");
  if (kind == study) return render_html(content_of<StudyReport>(file));
  if (kind == comparison) return render_comparison(content_of<ComparisonReport>(file));
  if (kind == mining) return render_mining(content_of<MiningReport>(file));
  if (kind == two_groups) return render_differential(content_of<DifferentialReport>(file));
  if (kind == gene_sets) return render_enrichment(content_of<EnrichmentReport>(file));
  throw std::invalid_argument("holds a page of a kind that this miura does not know");
}

}  // namespace miura::report
