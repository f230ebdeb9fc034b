#include <algorithm>
#include <cmath>
#include <map>

#include "app/stages.hpp"
#include "app/stop_request.hpp"
#include "miura/neighborhood/association.hpp"
#include "miura/neighborhood/union_graph.hpp"
#include "miura/stats/ranks.hpp"

namespace miura::app {

namespace {

/// The clusters that the association tested against an outcome, as tests over some of the training lots.
permutation::RankTests cluster_tests(const Study& study, const std::string& outcome, std::span<const double> value,
                                     std::span<const std::int32_t> lots) {
  permutation::RankTests tests;
  tests.n_lots = static_cast<std::int32_t>(lots.size());
  std::vector<double> y;
  for (const auto lot : lots) y.push_back(value[lot]);
  tests.outcome = stats::doubled_mid_ranks(y);
  const auto& table = *study.association.table("association");
  const auto& status = table.column<std::string>("status");
  const auto& of = table.column<std::string>("outcome");
  // The rows of an outcome stand in the order of partitions and clusters.
  std::int64_t row = 0;
  for (const auto& composition : study.composition.partitions)
    for (std::int32_t c = 0; c < composition.n_clusters; ++c, ++row) {
      while (of[row] != outcome) ++row;
      if (status[row] != "OK" && status[row] != "APPROX" && status[row] != "FEW_CELLS") continue;
      std::vector<double> share;
      for (const auto lot : lots) {
        const auto l = study.association.training_lots[lot];
        share.push_back(static_cast<double>(composition.cells(c, l)) / static_cast<double>(composition.lot_size[l]));
      }
      const auto ranks = stats::doubled_mid_ranks(share);
      if (std::ranges::all_of(ranks, [](std::int32_t r) { return r == 0; })) continue;
      tests.pair.push_back({static_cast<std::int32_t>(tests.pair.size()), 0});
      tests.feature.insert(tests.feature.end(), ranks.begin(), ranks.end());
    }
  return tests;
}

/// Labels as numbers, by their order.
std::vector<std::int32_t> numbered(std::span<const std::string> labels) {
  std::map<std::string, std::int32_t> number;
  for (const auto& label : labels) number.emplace(label, 0);
  std::int32_t n = 0;
  for (auto& [label, of] : number) of = n++;
  std::vector<std::int32_t> numbers;
  for (const auto& label : labels) numbers.push_back(number.at(label));
  return numbers;
}

/// tables/global.tsv, a row at a time.
struct GlobalRows {
  std::vector<std::string> outcome, perm_type, status, flags;
  std::vector<std::int64_t> n, steps, k, n_perm;
  std::vector<double> r2, p, p_local, p_clusters, p_omnibus;

  void add(const std::string& name, const neighborhood::Association& found, const neighborhood::Omnibus& both) {
    outcome.push_back(name);
    n.push_back(found.n);
    steps.push_back(found.steps);
    k.push_back(found.k);
    r2.push_back(found.r2);
    p.push_back(found.p);
    p_local.push_back(found.p_local);
    p_clusters.push_back(both.p_clusters);
    p_omnibus.push_back(both.p_omnibus);
    n_perm.push_back(found.n_perm);
    perm_type.push_back(found.perm_type);
    status.emplace_back(neighborhood::name_of(found.status));
    flags.push_back(found.flags);
  }
  matrix::Table table() const {
    return {"global",
            {{"outcome", outcome},
             {"n", n},
             {"steps", steps},
             {"k", k},
             {"r2", r2},
             {"p", p},
             {"p_local", p_local},
             {"p_clusters", p_clusters},
             {"p_omnibus", p_omnibus},
             {"n_perm", n_perm},
             {"perm_type", perm_type},
             {"status", status},
             {"flags", flags}}};
  }
};

}  // namespace

NeighborhoodStage neighborhood_stage(MPI_Comm comm, const Study& study, const RunOptions& o,
                                     const std::filesystem::path& sheet) {
  NeighborhoodStage stage;
  if (study.association.outcomes.empty() || !o.neighborhoods) return stage;
  std::vector<std::int32_t> place(study.lots.size(), -1), lot_of_vertex;
  const auto& training = study.association.training_lots;
  for (std::size_t t = 0; t < training.size(); ++t) place[training[t]] = static_cast<std::int32_t>(t);
  for (std::size_t i = 0; i < study.genes.reference.size(); ++i)
    if (study.genes.reference[i]) lot_of_vertex.push_back(place[study.cells.cells.mine.lot[i]]);

  const auto graph = neighborhood::union_graph(comm, study.neighbors.nearest, std::min(15, study.neighbors.nearest.k));
  const auto abundance = neighborhood::abundance(comm, graph, lot_of_vertex, static_cast<std::int32_t>(training.size()),
                                                 neighborhood::AbundanceOptions{});
  const auto design = tests_of(comm, study, o, sheet).design;
  const auto stratum = numbered(design.stratum);
  GlobalRows rows;
  for (const auto& outcome : study.association.outcomes) {
    auto found = neighborhood::associate(comm, abundance, outcome.value, stratum,
                                         {.permutations = o.neighborhood_permutations,
                                          .seed = o.common.seed,
                                          .min_cells_per_lot = o.association.min_cells_per_lot});
    neighborhood::Omnibus both;
    if (found.relabelings && stratum.empty())
      both = neighborhood::omnibus(comm, found, cluster_tests(study, outcome.name, outcome.value, found.lots), 0);
    rows.add(outcome.name, found, both);
    stage.outcome.push_back(outcome.name);
    stage.ncorr.push_back(std::move(found.ncorr));
    stage.p_fwer.push_back(std::move(found.p_fwer));
    stage.fdr.push_back(std::move(found.fdr));
    stop_if_requested(comm);
  }
  stage.table = rows.table();
  return stage;
}

}  // namespace miura::app
