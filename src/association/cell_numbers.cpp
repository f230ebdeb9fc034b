#include "association/cell_numbers.hpp"

#include <cmath>
#include <map>

#include "miura/permutation/freedman_lane.hpp"
#include "miura/stats/ranks.hpp"

namespace miura::association {

void adjust_for_cell_numbers(MPI_Comm comm, ClusterFamily& family, const LotDesign& design, const Options& options) {
  constexpr std::int32_t fewest_degrees = 4;                // n - 1 - (cell numbers and what is fitted besides)
  std::map<const Lots*, std::vector<std::int64_t>> groups;  // rows of one outcome have the same lots
  for (std::int64_t i = 0; i < std::ssize(family.rows); ++i) {
    const auto& lots = *family.tested[i].lots;
    if (family.rows[i].in_family() && std::ssize(lots) - 2 - design.n_fitted(lots) >= fewest_degrees)
      groups[&lots].push_back(i);
  }
  for (const auto& [lots, members] : groups) {
    std::vector<double> size;
    for (const auto lot : *lots)
      size.push_back(static_cast<double>(family.share[members.front()]->partition().lot_size[lot]));
    if (constant(size)) continue;
    auto covariate = stats::doubled_mid_ranks(size);
    const auto own = design.covariate_ranks(*lots);
    covariate.insert(covariate.end(), own.begin(), own.end());
    permutation::RankTests tests{.n_lots = static_cast<std::int32_t>(std::ssize(*lots)),
                                 .feature = {},
                                 .outcome = {},
                                 .pair = {},
                                 .stratum = design.strata_of(*lots)};
    std::map<const Outcome*, std::int32_t> number;
    for (const auto i : members) {
      const auto& tested = family.tested[i];
      const auto [known, is_new] = number.try_emplace(tested.outcome, static_cast<std::int32_t>(number.size()));
      if (is_new) {
        const auto y = stats::doubled_mid_ranks(tested.y(*lots));
        tests.outcome.insert(tests.outcome.end(), y.begin(), y.end());
      }
      const auto x = stats::doubled_mid_ranks(tested.x(*lots));
      tests.pair.push_back({static_cast<std::int32_t>(tests.pair.size()), known->second});
      tests.feature.insert(tests.feature.end(), x.begin(), x.end());
    }
    const auto found = permutation::freedman_lane(comm, tests, covariate, options.relabelings);
    for (std::int64_t t = 0; t < std::ssize(members); ++t)
      if (!std::isnan(found.rho[t])) family.rows[members[t]].p_adj_n = found.p(found.marginal[t]);
  }
}

}  // namespace miura::association
