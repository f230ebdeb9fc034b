#pragma once

#include <mpi.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "miura/differential/two_groups.hpp"
#include "miura/matrix/probe_annotation.hpp"

namespace miura::differential {

struct RegionOptions {
  std::vector<std::string> promoter{"TSS1500", "TSS200"};  ///< classes that are promoter in the summary of genes
  /// Relabelings of the samples for the null of counts: all where they are not more; 0: none. A permutation test has
  /// all of its own, of drawn ones so many.
  std::int64_t permutations = 9'999;
};

/// A count of hits beside what relabeled samples give. Probes are correlated, so that counts spread far more than a
/// binomial: the null keeps their correlation (docs/methods/differential.md).
struct CountNull {
  double mean = not_computed, upper_95 = not_computed;  ///< over relabelings
  double p = not_computed;                              ///< share of relabelings with at least the observed count
};

/// Hits of one direction in one class of regions.
struct RegionRow {
  std::string region;                ///< a class, `intergenic` (listed without a class), `unlisted`, or `all`
  std::int8_t direction = 1;         ///< 1: up (hyper), -1: down (hypo)
  std::int64_t n_tested = 0;         ///< probes of the class in the family
  std::int64_t n_hits = 0;           ///< of them up or down
  double expected = not_computed;    ///< if hits fell on tested probes at random
  double odds_ratio = not_computed;  ///< of a hit inside and outside of the class
  double log10_p_enriched = not_computed, log10_p_depleted = not_computed;  ///< hypergeometric; probes independent
  CountNull null;
  /// Enrichment beside relabeled samples: of the n most extreme probes of this direction, n being all its hits, the
  /// share of relabelings in which at least (at most) n_hits lie in the class. Keeps the correlation of probes. By the
  /// moderated test only.
  double p_top_enriched = not_computed, p_top_depleted = not_computed;
};

/// Genes with at least `k` hits of one direction in their promoter.
struct GeneCountRow {
  std::int32_t k = 1;
  std::int8_t direction = 1;
  std::int64_t n_genes = 0;
  CountNull null;
};

struct GeneRow {
  std::string gene;
  std::int32_t n_tested = 0, n_promoter = 0;            ///< probes in the family; those of them in its promoter
  std::array<std::int32_t, 2> hits{}, promoter_hits{};  ///< up, down
  double mean_difference = not_computed, mean_difference_promoter = not_computed;
  std::int64_t best_probe = 0;                                        ///< row of the table with the smallest p
  std::array<double, 2> p_promoter_hits{not_computed, not_computed};  ///< up, down: share of relabelings with as many
};

struct Regions {
  std::vector<RegionRow> rows;  ///< `all`, then classes along the gene; up before down
  std::vector<GeneCountRow> gene_counts;
  std::vector<GeneRow> genes;      ///< those with a hit, most promoter hits first
  std::int64_t n_relabelings = 0;  ///< behind the nulls; 0: there are none
  bool exact = false;
};

/// Counts the hits of `found` by class of region and by gene. A probe in several classes counts once in each. The same
/// rule makes a hit under relabeled samples; of a permutation test p is then the rank of the statistic among all
/// relabelings of the probe.
///
/// Collective; everything is replicated, relabelings (of permutation tests: probes) are dealt over ranks and threads,
/// and counts are integers. About 50 ns a probe and relabeling for 12 samples; 60 bytes a probe for each thread. A
/// permutation test keeps what is significant by itself, half a gigabyte at a time, and goes through the probes again
/// where that is more.
Regions count_regions(MPI_Comm comm, const matrix::Measurements& table, const Design& design, const Options& options,
                      const Result& found, const matrix::ProbeAnnotation& annotation, const RegionOptions& regions);

}  // namespace miura::differential
