#pragma once

#include <mpi.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "miura/enrichment/over_representation.hpp"
#include "miura/matrix/gene_sets.hpp"
#include "miura/matrix/table.hpp"

namespace miura::enrichment {

struct RankedOptions {
  SetSizes sizes = {};
  double weight = 1;                ///< exponent of |score|; 0: ranks alone, as Kolmogorov and Smirnov
  std::int64_t permutations = 999;  ///< drawn permutations of the genes; 0: none
  std::uint64_t seed = 1;
};

/// Genes by name, each once, with a finite score: what goes up has a high one, what goes down a negative one.
struct ScoredGenes {
  std::vector<std::string> gene = {};
  std::vector<double> score = {};
};

/// The scores that the same genes would have had if the lots had been labelled otherwise.
struct LotRelabelings {
  std::int64_t n = 0;  ///< relabelings, the observed one (number 0) among them; 0: this null is not wanted
  /// Fills in the scores under relabeling b, 1 <= b < n. Called by several threads at once; does
  /// not throw.
  std::function<void(std::int64_t b, std::span<double> score)> scores = {};
};

/// What a null says of the sets, one entry a tested set. NaN where no null score has the sign of the observed one.
struct NullComparison {
  std::int64_t n = 0;               ///< permutations, without the observed one
  std::vector<double> nes = {};     ///< ES over the mean size of the null ES of the same sign
  std::vector<double> p = {};       ///< (1 + null ES of the same sign at least as large) / (1 + those of the same sign)
  std::vector<double> p_both = {};  ///< (1 + null |ES| at least as large) / (1 + n)
  std::vector<double> fdr =
      {};  ///< (1 + null NES as extreme) / (1 + those of the sign) over the share of observed ones
};

struct RankedSets {
  std::int64_t n_genes = 0;
  std::vector<std::int64_t> set = {};   ///< tested sets, indices of the input, ascending
  std::vector<std::int64_t> size = {};  ///< genes of the set that have a score
  std::vector<double> es = {};          ///< largest deviation of the running sum, in [-1, 1]
  std::vector<std::vector<std::int32_t>> leading =
      {};                     ///< genes (indices of ScoredGenes) up to the peak, foremost first
  NullComparison genes = {};  ///< genes permuted: the usual null, which takes genes for independent
  NullComparison lots = {};   ///< lots relabeled: keeps what genes have in common
};

/// Gene set enrichment along a ranked list: Subramanian et al. (2005), PNAS 102:15545, appendix. Going down the list
/// the sum rises by |score|^weight / N_R at a gene of the set and falls by 1 / (N - N_H) at any other; ES is its
/// largest deviation from 0 (of two equal ones the positive one). Genes of equal score are passed in one
/// step, so that their order does not matter.
///
/// Two nulls: random permutations of the genes (gseapy.prerank, fgsea), where p is too small as soon as the genes of a
/// set vary together; and relabelings of the lots, which is what to believe where there are enough lots.
///
/// Collective; everything is replicated and has the same bits on any layout. Permutations are dealt over ranks and
/// threads; one walk down the list serves all sets. Memory: 16 bytes a set and permutation over all ranks.
RankedSets ranked_enrichment(MPI_Comm comm, const ScoredGenes& genes, const matrix::GeneSets& sets,
                             const LotRelabelings& lots, const RankedOptions& options);

/// One ranked list among several, e.g. that of a cluster.
struct RankedAnalysis {
  std::string group;
  ScoredGenes genes;
  RankedSets found;
};

/// Whose NES orders the sets of a list: that of relabeled lots where there are such, else of permuted genes; or that of
/// permuted genes, and of equal ones that of relabeled lots.
enum class RankedBy { lots, genes };

/// All sets of all lists as the table `enrichment_ranked`, by list and falling |NES|; columns in
/// docs/methods/enrichment.md.
matrix::Table ranked_table(std::span<const RankedAnalysis> analyses, const matrix::GeneSets& sets,
                           RankedBy by = RankedBy::lots);

}  // namespace miura::enrichment
