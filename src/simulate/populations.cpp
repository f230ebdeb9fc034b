#include "simulate/populations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "simulate/samplers.hpp"

namespace miura::simulate {

namespace {

constexpr double concentration = 22;          // sd of a state of 15 % over lots: about 7 %
constexpr double concentration_within = 400;  // of two lots of one donor
constexpr double fewest = 0.01;               // of any state, so that none is missing where lots are large
constexpr double spread_of_size = 0.2;        // sd of ln(cells in a lot)

/// Dirichlet of a concentration round expected shares, whose sum may be any.
std::vector<double> shares_round(stats::RandomStream& random, std::vector<double> expected, double strength) {
  const double total = std::accumulate(expected.begin(), expected.end(), 0.0);
  for (double& e : expected) e *= strength / total;
  auto design = dirichlet(random, expected);
  for (double& d : design) d = std::max(d, fewest);
  const double sum = std::accumulate(design.begin(), design.end(), 0.0);
  for (double& d : design) d /= sum;
  return design;
}

std::int64_t n_barcodes_of(stats::RandomStream& random, const Options& options) {
  const double size = std::exp(spread_of_size * normal(random) - 0.5 * spread_of_size * spread_of_size);
  return std::max<std::int64_t>(1, std::llround(options.cells_per_lot * size));
}

/// Keys of the lots of a source, or of what has no source of its own; `number` counts from 1.
std::int64_t key_of(std::size_t group, int number) { return static_cast<std::int64_t>(group) * 100'000 + number; }

LotPlan plan_lot(const Options& options, const Populations& populations, std::int32_t source, std::int64_t key,
                 std::string id, std::string_view role) {
  auto random = stream(options.seed, Topic::lot, key);
  std::vector<double> expected;
  for (const auto& s : populations.state) expected.push_back(s.share[source]);
  auto design = shares_round(random, std::move(expected), concentration);
  const auto n_barcodes = n_barcodes_of(random, options);
  return {.id = id,
          .key = key,
          .source = source,
          .role = std::string(role),
          .donor = "D" + id,
          .sex = random.uniform() < 0.5 ? "F" : "M",
          .chemistry = 0,
          .design = std::move(design),
          .n_barcodes = n_barcodes};
}

/// By turns, so that small studies have both.
std::int32_t chemistry_of(int number) { return number % 3 == 2 ? 1 : 0; }

/// Lots PC01a and PC01b of one donor, before and after the change of the process.
std::array<LotPlan, 2> plan_pair(const Options& options, const Populations& populations, int number) {
  constexpr auto lots = source_names.size(), donors = lots + 1;  // keys that no source has
  const auto pair = fmt::format("PC{:02d}", number);
  auto before = plan_lot(options, populations, 0, key_of(lots, 2 * number), pair + "a", "process");
  before.chemistry = chemistry_of(number);
  before.donor = "D" + pair;
  before.donor_key = key_of(donors, number);
  before.pair = pair;
  auto after = before;
  before.process = "before";
  after.process = "after";
  after.id = pair + "b";
  ++after.key;
  auto random = stream(options.seed, Topic::lot, after.key);
  after.design[populations.functional] *= options.change;
  after.design = shares_round(random, std::move(after.design), concentration_within);
  after.n_barcodes = n_barcodes_of(random, options);
  return {std::move(before), std::move(after)};
}

}  // namespace

std::vector<LotPlan> plan_lots(const Options& options, const Populations& populations) {
  struct Group {
    std::int32_t source;
    std::string_view role;
    int n;
  };
  const Group groups[] = {{0, "train", options.lots_bm},
                          {0, "test", options.lots_bm_test},
                          {1, "query", options.lots_ad},
                          {2, "query", options.lots_uc}};
  std::vector<LotPlan> lots;
  std::array<int, 3> numbered{};
  for (const auto& group : groups)
    for (int i = 0; i < group.n; ++i) {
      const int number = ++numbered[group.source];
      const auto id = fmt::format("{}{:02d}", source_names[group.source], number);
      lots.push_back(plan_lot(options, populations, group.source, key_of(group.source, number), id, group.role));
      lots.back().chemistry = chemistry_of(number);
    }
  for (int number = 1; number <= options.pairs; ++number)
    for (auto& lot : plan_pair(options, populations, number)) lots.push_back(std::move(lot));
  return lots;
}

std::string_view name_of(CellClass c) {
  static constexpr std::string_view names[] = {"good", "doublet", "low_quality", "empty"};
  return names[static_cast<std::size_t>(c)];
}

}  // namespace miura::simulate
