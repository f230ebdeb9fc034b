#include "miura/neighborhood/association.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/ranks.hpp"
#include "neighborhood/global_test.hpp"
#include "neighborhood/local_test.hpp"
#include "neighborhood/lot_components.hpp"
#include "neighborhood/reaching.hpp"
#include "neighborhood/tested_lots.hpp"

namespace miura::neighborhood {

namespace {

constexpr double never = 0.05;            // where no p can be below this, the row says so
constexpr std::int32_t lots_of_cna = 10;  // with fewer its authors advise against it

void check(const Abundance& nam, std::span<const double> outcome, std::span<const std::int32_t> stratum,
           const AssociationOptions& options) {
  if (options.permutations < 1) throw UsageError("at least one relabeling must be drawn");
  if (std::ssize(outcome) != nam.n_lots || (!stratum.empty() && std::ssize(stratum) != nam.n_lots))
    throw std::logic_error("neighborhood: outcome and strata do not have a value for every lot");
  if (std::ranges::any_of(outcome, [](double v) { return std::isinf(v); }))
    throw UsageError("an outcome is infinite for some lot");
}

/// All relabelings where they are no more than would be drawn: those of as many lots as have that few.
permutation::Options drawn(const AssociationOptions& options) {
  permutation::Options result{.exact_up_to = 1, .permutations = options.permutations, .seed = options.seed};
  while (result.exact_up_to < 12 && permutation::factorial(result.exact_up_to + 1) <= options.permutations + 1)
    ++result.exact_up_to;
  return result;
}

bool constant(std::span<const double> values) {
  return std::ranges::all_of(values, [&](double v) { return v == values.front(); });
}

/// Why nothing is tested, as far as outcome and lots tell.
Status hindrance(const TestedLots& lots, std::span<const double> outcome, std::span<const double> aligned) {
  std::vector<double> given;
  for (const auto l : lots.lot) given.push_back(outcome[l]);
  if (constant(given)) return Status::constant_outcome;
  if (lots.size() < 3) return Status::low_n;
  if (constant(aligned)) return Status::not_tested;  // each stratum has one level of the outcome
  return Status::ok;
}

void centre(std::span<double> values) {
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  for (auto& v : values) v -= mean;
}

std::string flags_of(const TestedLots& lots, const permutation::Relabelings& relabelings) {
  std::string flags;
  const auto add = [&](const char* flag) { flags += (flags.empty() ? "" : ";") + std::string(flag); };
  if (lots.size() < lots_of_cna) add("FEW_LOTS");
  if (1.0 > never * static_cast<double>(relabelings.size())) add("FEW_RELABELINGS");
  if (lots.stratified && std::ranges::any_of(relabelings.strata(), [](const auto& s) { return s.size() == 1; }))
    add("STRATUM_OF_ONE");
  return flags;
}

}  // namespace

std::string_view name_of(Status status) {
  switch (status) {
    case Status::ok:
      return "OK";
    case Status::low_n:
      return "LOW_N";
    case Status::constant_outcome:
      return "CONSTANT_OUTCOME";
    case Status::constant_feature:
      return "CONSTANT_FEATURE";
    case Status::not_tested:
      return "NOT_TESTED";
  }
  throw std::logic_error("a status without a name");
}

Association associate(MPI_Comm comm, const Abundance& nam, std::span<const double> outcome,
                      std::span<const std::int32_t> stratum, const AssociationOptions& options) {
  check(nam, outcome, stratum, options);
  const auto lots = tested_lots(nam, outcome, stratum, options.min_cells_per_lot);
  const auto aligned = lots.of(outcome);
  Association result;
  result.n = lots.size();
  result.steps = nam.steps;
  result.lots = lots.lot;
  if (lots.stratified) result.stratum = lots.stratum;
  result.ncorr.assign(nam.n_local(), Association::none);
  result.p_fwer = result.fdr = result.ncorr;
  result.status = hindrance(lots, outcome, aligned);
  if (result.status != Status::ok) return result;

  const permutation::Relabelings relabelings(lots.size(), result.stratum, drawn(options));
  result.perm_type = lots.n_strata > 1 ? "stratified" : relabelings.exact() ? "exact" : "mc";
  result.n_perm = relabelings.size();
  result.flags = flags_of(lots, relabelings);
  const auto gram = lot_gram(comm, nam, lots);
  if (relabelings.size() == 1 || gram.n_neighborhoods == 0) {
    result.status = relabelings.size() == 1 ? Status::not_tested : Status::constant_feature;
    return result;
  }
  if (lots.size() < 5) result.status = Status::low_n;
  result.relabelings = relabelings;

  const auto ranks = stats::doubled_mid_ranks(aligned);
  auto y = options.rank_outcome ? std::vector<double>(ranks.begin(), ranks.end()) : aligned;
  lots.align(y);
  centre(y);
  const auto components = lot_components(comm, gram, numbers_of_components(lots.size()).back());
  auto global = global_test(comm, components, y, lots.n_strata, relabelings);
  if (!global.null.empty()) {
    result.k = global.k;
    result.r2 = global.r2;
    result.global_null = std::move(global.null);
    result.p = share_as_small(result.global_null, result.global_null.front());
  }
  auto local = local_test(comm, nam, lots, ranks, relabelings);
  result.ncorr = std::move(local.rho);
  result.p_fwer = std::move(local.p_fwer);
  result.fdr = std::move(local.fdr);
  double smallest = 1.0;
  for (const auto p : result.p_fwer) smallest = std::fmin(smallest, p);
  result.p_local = parallel::min_over_ranks(comm, smallest);
  return result;
}

}  // namespace miura::neighborhood
