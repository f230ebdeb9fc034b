#include "miura/enrichment/ranked.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "enrichment/null_scores.hpp"
#include "enrichment/running_sum.hpp"
#include "enrichment/tested_sets.hpp"
#include "miura/base/error.hpp"
#include "miura/matrix/table_columns.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace miura::enrichment {

namespace {

/// A list of genes, the highest score first, and what each place weighs.
struct RankedList {
  std::vector<std::int32_t> order;
  std::vector<double> weight;
  TiedPlaces tied;

  void rank(std::span<const double> score, double exponent) {
    order.resize(score.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(
        order, [&](std::int32_t a, std::int32_t b) { return score[a] != score[b] ? score[a] > score[b] : a < b; });
    weight.clear();
    for (const auto gene : order)
      weight.push_back(exponent == 1 ? std::abs(score[gene]) : power(score[gene], exponent));
    const auto n = static_cast<std::int32_t>(std::ssize(order));
    tied.begin.resize(n);
    tied.end.resize(n);
    for (std::int32_t from = 0, to = 0; from < n; from = to) {
      while (to < n && score[order[to]] == score[order[from]]) ++to;
      std::fill(tied.begin.begin() + from, tied.begin.begin() + to, from);
      std::fill(tied.end.begin() + from, tied.end.begin() + to, to);
    }
  }
  /// Random genes in the places; what the places weigh stays.
  void permute(std::uint64_t seed, std::int64_t b) {
    std::iota(order.begin(), order.end(), 0);
    stats::RandomStream random(seed, stats::Purpose::gene_permutation, static_cast<std::uint64_t>(b));
    for (auto i = std::ssize(order) - 1; i > 0; --i)
      std::swap(order[i], order[random.below(static_cast<std::uint32_t>(i + 1))]);
  }

private:
  static double power(double score, double exponent) { return exponent == 0 ? 1 : std::pow(std::abs(score), exponent); }
};

/// Scratch of one thread.
struct Draw {
  RankedList list;
  std::vector<double> score;
  RunningSums sums;
};

/// Scores of all sets under n draws, dealt over ranks and threads. `prepare` puts the list of draw b into the scratch.
template <class Prepare>
NullScores draw_null(MPI_Comm comm, std::int64_t n, std::int64_t n_sets, const Draw& start, Prepare&& prepare) {
  const int rank = parallel::rank_of(comm);
  const auto share = parallel::Partition::even(n, parallel::size_of(comm));
  const auto first = share.begin(rank), own = share.n_local(rank);
  std::vector<double> scores(own * n_sets);
  auto draw = start;
#pragma omp parallel for schedule(static) firstprivate(draw)
  for (std::int64_t b = 0; b < own; ++b) {
    prepare(first + b + 1, draw);  // number 0 is what was observed
    draw.sums.walk(draw.list.order, draw.list.weight, draw.list.tied);
    for (std::int64_t s = 0; s < n_sets; ++s) scores[b * n_sets + s] = draw.sums.score(s);
  }
  return by_set(comm, n_sets, scores);
}

/// Genes of the set up to its peak, the foremost first.
std::vector<std::int32_t> leading_genes(std::span<const std::int32_t> genes, std::span<const std::int32_t> place,
                                        double es, std::int32_t peak) {
  std::vector<std::int32_t> leading;
  std::ranges::copy_if(genes, std::back_inserter(leading),
                       [&](std::int32_t g) { return es >= 0 ? place[g] <= peak : place[g] >= peak; });
  std::ranges::sort(leading, {}, [&](std::int32_t g) { return es >= 0 ? place[g] : -place[g]; });
  return leading;
}

NullComparison no_null(std::int64_t n_sets) {
  const std::vector<double> none(n_sets, std::numeric_limits<double>::quiet_NaN());
  return {.n = 0, .nes = none, .p = none, .p_both = none, .fdr = none};
}

void check(const ScoredGenes& genes, const RankedOptions& options) {
  if (!(options.weight >= 0)) throw UsageError("the weight of the scores is 0 or more");
  if (options.permutations < 0) throw UsageError("the number of permutations is negative");
  if (genes.gene.size() != genes.score.size()) throw std::logic_error("a score a gene");
  for (const double score : genes.score)
    if (!std::isfinite(score)) throw std::logic_error("a gene without a finite score");
}

}  // namespace

RankedSets ranked_enrichment(MPI_Comm comm, const ScoredGenes& genes, const matrix::GeneSets& sets,
                             const LotRelabelings& lots, const RankedOptions& options) {
  check(genes, options);
  const Universe universe(genes.gene);
  const auto n = universe.size();
  if (n != std::ssize(genes.gene)) throw std::logic_error("a gene is scored twice");
  const TestedSets tested(universe, sets, options.sizes);
  const Memberships memberships(tested, n);
  const auto n_sets = tested.size();

  Draw observed{.list = {}, .score = genes.score, .sums = RunningSums(memberships, tested, n)};
  observed.list.rank(genes.score, options.weight);
  observed.sums.walk(observed.list.order, observed.list.weight, observed.list.tied);
  std::vector<std::int32_t> place(n);
  for (std::int64_t i = 0; i < n; ++i) place[observed.list.order[i]] = static_cast<std::int32_t>(i);

  RankedSets found{.n_genes = n, .set = tested.set};
  for (std::int64_t s = 0; s < n_sets; ++s) {
    const double es = observed.sums.score(s);
    found.size.push_back(std::ssize(tested.of(s)));
    found.es.push_back(es);
    found.leading.push_back(leading_genes(tested.of(s), place, es, observed.sums.peak(s)));
  }
  found.genes = found.lots = no_null(n_sets);
  if (options.permutations > 0)
    found.genes = compare_with_null(comm, found.es,
                                    draw_null(comm, options.permutations, n_sets, observed,
                                              [&](std::int64_t b, Draw& draw) { draw.list.permute(options.seed, b); }));
  if (lots.n > 1)
    found.lots = compare_with_null(comm, found.es,
                                   draw_null(comm, lots.n - 1, n_sets, observed, [&](std::int64_t b, Draw& draw) {
                                     lots.scores(b, draw.score);
                                     draw.list.rank(draw.score, options.weight);
                                   }));
  return found;
}

matrix::Table ranked_table(std::span<const RankedAnalysis> analyses, const matrix::GeneSets& sets, RankedBy by) {
  struct Row {
    const RankedAnalysis* analysis;
    std::size_t at;
    const RankedSets& found() const { return analysis->found; }
  };
  std::vector<Row> rows;
  for (const auto& analysis : analyses) {
    const auto first = std::ssize(rows);
    for (std::size_t s = 0; s < analysis.found.set.size(); ++s) rows.push_back({&analysis, s});
    const auto strength = [](double nes) { return std::isnan(nes) ? 0.0 : -std::abs(nes); };
    const auto order = [&](const Row& r) {
      const double of_genes = strength(r.found().genes.nes[r.at]);
      const double of_lots = r.found().lots.n > 0 ? strength(r.found().lots.nes[r.at]) : of_genes;
      return std::pair(by == RankedBy::genes ? of_genes : of_lots, of_lots);
    };
    std::ranges::stable_sort(rows.begin() + first, rows.end(), {}, order);
  }
  matrix::TableColumns<Row> table("enrichment_ranked", rows);
  const auto set = [&](const Row& r) -> const matrix::GeneSet& { return sets[r.found().set[r.at]]; };
  table.add("cluster", [](const Row& r) { return r.analysis->group; });
  table.add("collection", [&](const Row& r) { return set(r).collection; });
  table.add("set", [&](const Row& r) { return set(r).name; });
  table.add("description", [&](const Row& r) { return set(r).description; });
  table.add("direction", [](const Row& r) { return std::string(r.found().es[r.at] >= 0 ? "up" : "down"); });
  table.add("size", [](const Row& r) { return r.found().size[r.at]; });
  table.add("n_genes", [](const Row& r) { return r.found().n_genes; });
  table.add("es", [](const Row& r) { return r.found().es[r.at]; });
  table.add("nes_genes", [](const Row& r) { return r.found().genes.nes[r.at]; });
  table.add("p_genes", [](const Row& r) { return r.found().genes.p[r.at]; });
  table.add("fdr_genes", [](const Row& r) { return r.found().genes.fdr[r.at]; });
  table.add("n_perm_genes", [](const Row& r) { return r.found().genes.n; });
  table.add("nes_lots", [](const Row& r) { return r.found().lots.nes[r.at]; });
  table.add("p_lots", [](const Row& r) { return r.found().lots.p[r.at]; });
  table.add("p_lots_two_sided", [](const Row& r) { return r.found().lots.p_both[r.at]; });
  table.add("fdr_lots", [](const Row& r) { return r.found().lots.fdr[r.at]; });
  table.add("n_perm_lots", [](const Row& r) { return r.found().lots.n; });
  table.add("n_leading", [](const Row& r) { return std::ssize(r.found().leading[r.at]); });
  table.add("leading_genes", [](const Row& r) {
    std::vector<std::string> names;
    for (const auto gene : r.found().leading[r.at]) names.push_back(r.analysis->genes.gene[gene]);
    return joined(names);
  });
  return table.take();
}

}  // namespace miura::enrichment
