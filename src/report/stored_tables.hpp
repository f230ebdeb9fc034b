#pragma once

#include <nlohmann/json.hpp>

#include "miura/report/comparison_report.hpp"
#include "miura/report/differential_report.hpp"
#include "miura/report/enrichment_report.hpp"
#include "miura/report/mining_report.hpp"

// What nlohmann-json finds beside the structures of pages that are made of tables: one line a structure, all its
// fields.
namespace miura::report {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MethodStep, title, text)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(NamedText, name, text)

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(VerdictRow, final_use, result, text)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(EndpointRow, final_use, endpoint, kind, test, n_before, n_after, difference, margin,
                                   ci_lo, ci_hi, p_difference, false_accept, false_reject, result, flags)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MarginRow, final_use, endpoint, outcome, amount, n_lots, at_slope, margin, status)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DeviationRow, lot, source, role, statistic, distance, median_reference, p_conformal,
                                   p_bonferroni, n_reference, alarm)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SpecificationRow, attribute, outcome, must_be, accept, requirement, threshold,
                                   threshold_lo, threshold_hi, predicted_lo, predicted_hi, sensitivity, specificity,
                                   n_lots, status, flags)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ComparisonReport, study, program_version, alpha, n_lots, verdicts, endpoints,
                                   margins, deviations, specification, method, settings, warnings, files, inputs)

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(HitCountRow, kind, name, measurement, rule, n_lines, n_units, observed, null_mean,
                                   null_95, p, permutations, permutation_kind, independent_mean, status)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SelectionRow, rule, measurement, unit, gene, is_intersection, term, train_rho,
                                   train_p, n_test, test_rho, p_test, q_test, replicated)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MemberRow::Term, measurement, outcome, probe, rho, p)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MemberRow, intersection, unit, gene, p_conjunction, q_conjunction, terms)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RankPanel::Series, outcome, rho, value_rank, outcome_rank)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RankPanel, rule, gene, probe, measurement, set, line, outcomes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PropensityPanel::Point, line, set, score, rank)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PropensityPanel, outcome, status, variance_share, sign_correlation, jackknife,
                                   points)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MarkerPanel, outcome, measurement, platform, method, set, marker, line, value, z)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(OutcomePair, first, second, n, rho, p)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ProductRow::Product, rank, n, level, selected)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ProductRow, line, set, group, products)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MiningReport, study, program_version, alpha, counts, members, selections, ranks,
                                   propensities, markers, outcome_pairs, outcomes, lines, specification, method,
                                   settings, warnings, files, inputs)

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DifferenceRow, feature, gene, time, difference, p, q, direction)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RegionHitRow, region, direction, n_tested, n_hits, expected, odds_ratio,
                                   log10_p_enriched, null_mean, null_95, p_count, p_top_enriched)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(HitGeneRow, gene, best_feature, n_tested, n_promoter, promoter_up, promoter_down,
                                   p_promoter_up, p_promoter_down, mean_difference)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(GeneProbes::Probe, feature, region, position, difference, p, q, direction)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(GeneProbes, gene, chromosome, probes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DifferentialReport, study, reference, compared, program_version, alpha, n_features,
                                   features, regions, genes, gene_probes, times, method, settings, warnings, files,
                                   inputs)

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SetRow, group, direction, collection, set, description, k, in_set, n, universe, fold,
                                   log10_p, log10_fdr, genes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SetAlongRanking, group, collection, set, direction, size, es, nes_genes, fdr_genes,
                                   nes_lots, p_lots, fdr_lots, n_lots)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(OverlapRow, first, direction_first, second, direction_second, background, count,
                                   n_first, n_second, observed, null_mean, null_95, p_more, p_fewer, fdr)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(GeneTrack::Piece, track, name, start, end, score)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(GeneTrack, gene, chromosome, strand, start, end, pieces)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(EnrichmentReport, study, program_version, alpha, sets, ranked, overlaps, tracks,
                                   method, settings, warnings, files, inputs)

}  // namespace miura::report
