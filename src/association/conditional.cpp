#include "association/conditional.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "association/test_collection.hpp"

namespace miura::association {

namespace {

/// One partition and one outcome.
struct Search {
  std::vector<const ClusterShare*> aside;   ///< in the order in which they passed
  const ClusterShare* foremost = nullptr;   ///< of those that pass this time
  std::pair<double, double> strength = {};  ///< its statistic; the larger cluster, where that is equal

  void consider(const ClusterShare* share, double t, double mean_fraction) {
    if (foremost != nullptr && std::pair(t, mean_fraction) <= strength) return;
    foremost = share;
    strength = {t, mean_fraction};
  }
  /// Sets the foremost aside; false if there is none.
  bool go_on() {
    if (foremost == nullptr) return false;
    aside.push_back(std::exchange(foremost, nullptr));
    return true;
  }
};

using Searches = std::map<std::pair<const matrix::Composition*, const Outcome*>, Search>;

/// Values of a cluster among the cells outside a set; empty if a lot has none.
std::vector<double> values_outside(const ClusterShare& share, const std::vector<const ClusterShare*>& aside,
                                   const Lots& lots) {
  std::vector<double> values;
  for (const auto lot : lots) {
    auto rest = share.partition().lot_size[lot];
    for (const auto* set_aside : aside) rest -= set_aside->cells(lot);
    if (rest <= 0) return {};
    values.push_back(share.value_of(share.cells(lot), rest));
  }
  return values;
}

bool passes(const Row& row, double p, const Options& options) {
  return p <= options.alpha && !(row.status == Status::few_cells && row.p_adj_n > options.alpha);
}

/// Tests all clusters that are not set aside of the partitions under search, and lets each consider those that pass.
void test_outside(MPI_Comm comm, ClusterFamily& family, std::span<const Lots* const> family_lots, Searches& searches,
                  const LotDesign& design, const Options& options) {
  const auto search_of = [&](std::int64_t i) -> Search* {
    const auto found = searches.find({&family.share[i]->partition(), family.tested[i].outcome});
    return found == searches.end() ? nullptr : &found->second;
  };
  std::map<Lots, std::vector<std::int64_t>> groups;
  for (std::int64_t i = 0; i < std::ssize(family.rows); ++i) {
    const auto* search = search_of(i);
    if (!family.rows[i].in_family() || search == nullptr) continue;
    if (std::ranges::find(search->aside, family.share[i]) == search->aside.end()) groups[*family_lots[i]].push_back(i);
  }
  for (const auto& [lots, members] : groups) {
    TestCollection collection(design, lots);
    for (const auto i : members) {
      family.rows[i].p_conditional = not_computed;
      const auto values = values_outside(*family.share[i], search_of(i)->aside, lots);
      if (!values.empty()) collection.add(i, values, family.tested[i].outcome, family.tested[i].y(lots));
    }
    const auto found = collection.family_wise(comm, options);
    for (std::int64_t t = 0; t < collection.size(); ++t) {
      const auto i = collection.row(t);
      auto& row = family.rows[i];
      row.p_conditional = found.p_step[t];
      if (passes(row, row.p_conditional, options))
        search_of(i)->consider(family.share[i], found.t[t], row.mean_fraction);
    }
  }
}

}  // namespace

void test_given_declared(MPI_Comm comm, ClusterFamily& family, std::span<const Lots* const> family_lots,
                         const LotDesign& design, const Options& options) {
  const auto side = options.relabelings.side;
  Searches searches;
  for (std::size_t i = 0; i < family.rows.size(); ++i) {
    const auto& row = family.rows[i];
    if (!row.declared) continue;
    const double t = side == permutation::Side::less ? -row.rho : std::abs(row.rho);
    searches[{&family.share[i]->partition(), family.tested[i].outcome}].consider(family.share[i], t, row.mean_fraction);
  }
  while (!searches.empty()) {
    for (auto search = searches.begin(); search != searches.end();)
      search = search->second.go_on() ? std::next(search) : searches.erase(search);
    if (!searches.empty()) test_outside(comm, family, family_lots, searches, design, options);
  }
}

}  // namespace miura::association
