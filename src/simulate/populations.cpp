#include "simulate/populations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "simulate/samplers.hpp"

namespace miura::simulate {

namespace {

constexpr double concentration = 22;    // sd of a state of 15 % over lots: about 7 %
constexpr double fewest = 0.01;         // of any state, so that none is missing where lots are large
constexpr double spread_of_size = 0.2;  // sd of ln(cells in a lot)

/// `number` counts the lots of a source, from 1.
LotPlan plan_lot(const Options& options, const Populations& populations, std::int32_t source, int number,
                 std::string_view role) {
  const std::int64_t key = source * std::int64_t{100'000} + number;
  const auto id = fmt::format("{}{:02d}", source_names[source], number);
  auto random = stream(options.seed, Topic::lot, key);
  std::vector<double> expected;
  for (const auto& s : populations.state) expected.push_back(s.share[source]);
  const double total = std::accumulate(expected.begin(), expected.end(), 0.0);
  for (double& e : expected) e *= concentration / total;
  auto design = dirichlet(random, expected);
  for (double& d : design) d = std::max(d, fewest);
  const double sum = std::accumulate(design.begin(), design.end(), 0.0);
  for (double& d : design) d /= sum;
  const double size = std::exp(spread_of_size * normal(random) - 0.5 * spread_of_size * spread_of_size);
  return {.id = id,
          .key = key,
          .source = source,
          .role = std::string(role),
          .donor = "D" + id,
          .sex = random.uniform() < 0.5 ? "F" : "M",
          .chemistry = number % 3 == 2 ? 1 : 0,  // by turns, so that small studies have both
          .design = std::move(design),
          .n_barcodes = std::max<std::int64_t>(1, std::llround(options.cells_per_lot * size))};
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
    for (int i = 0; i < group.n; ++i)
      lots.push_back(plan_lot(options, populations, group.source, ++numbered[group.source], group.role));
  return lots;
}

std::string_view name_of(CellClass c) {
  static constexpr std::string_view names[] = {"good", "doublet", "low_quality", "empty"};
  return names[static_cast<std::size_t>(c)];
}

}  // namespace miura::simulate
