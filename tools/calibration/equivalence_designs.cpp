#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "designs.hpp"
#include "miura/comparability/distance_equivalence.hpp"
#include "miura/comparability/equivalence.hpp"
#include "miura/stats/normal_stream.hpp"

namespace miura::calibration {

namespace {

constexpr double margin = 1.5;  // in standard deviations of lots
const std::vector<std::pair<std::int32_t, std::int32_t>> sizes{{11, 3}, {11, 5}, {11, 8}, {11, 12}, {20, 12}};

/// Standard normal lots x width, moved along the first dimension.
std::vector<double> lots(stats::NormalStream& normal, std::int32_t n, std::int32_t width, double shift) {
  std::vector<double> value;
  for (std::int32_t l = 0; l < n; ++l)
    for (std::int32_t k = 0; k < width; ++k) value.push_back(normal() + (k == 0 ? shift : 0.0));
  return value;
}

double mean_of(const std::vector<double>& values) {
  double mean = 0.0;
  for (const double v : values) mean += v / static_cast<double>(std::ssize(values));
  return mean;
}

double sd_of(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double squares = 0.0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(std::ssize(values) - 1));
}

std::vector<bool> judged(const std::vector<double>& before, const std::vector<double>& after) {
  const double mean = mean_of(before), sd = sd_of(before);
  const auto all_within = [&](double reach) {
    return std::ranges::all_of(after, [&](double v) { return std::abs(v - mean) <= reach * sd; });
  };
  const auto fixed = comparability::welch_equivalence(before, after, margin);
  return {fixed.p_difference > 0.05, all_within(3), all_within(2),
          comparability::welch_equivalence(before, after, margin * sd).equivalent, fixed.equivalent};
}

/// Fills `section` with every pair of sizes, unchanged and moved by the margin; the latter must not be declared.
template <class Judge>
void add_designs(Section& section, std::uint64_t seed, Judge judge) {
  for (const auto& [before, after] : sizes)
    for (const double shift : {0.0, margin})
      section.designs.push_back({fmt::format("{} before, {} after, moved by {}", before, after, shift), before + after,
                                 "-", shift > 0.0 ? Promise::exact : Promise::none,
                                 [=, before = before, after = after](std::uint64_t study) {
                                   stats::NormalStream normal(seed, stats::Purpose::simulate, study);
                                   return judge(normal, before, after, shift);
                                 }});
}

}  // namespace

std::vector<Section> equivalence_sections(std::uint64_t seed) {
  Section one{"equivalence",
              "The same after a change of the process",
              "Normal lots before and after a change, not moved or moved by the margin of 1.5 standard deviations of "
              "lots. Counted are studies in which the lots after it are declared to be the same as those before.",
              {"p > .05, so the same", "all within mean +- 3 sd", "all within mean +- 2 sd",
               "TOST, margin 1.5 x sd seen", "TOST, margin fixed"},
              {}};
  add_designs(one, seed, [](auto& normal, auto before, auto after, double shift) {
    const auto first = lots(normal, before, 1, 0.0);
    return judged(first, lots(normal, after, 1, shift));
  });
  Section several{"components",
                  "The same in several components",
                  "The same by the noncentral F test; the lots are moved by a Mahalanobis distance of 1.5 or not.",
                  {"1 component", "2 components", "3 components"},
                  {}};
  add_designs(several, seed, [](auto& normal, auto before, auto after, double shift) {
    std::vector<bool> declared;
    for (std::int32_t width = 1; width <= comparability::most_components; ++width) {
      const auto first = lots(normal, before, width, 0.0);
      declared.push_back(
          comparability::distance_equivalence(first, lots(normal, after, width, shift), width, margin).equivalent);
    }
    return declared;
  });
  return {std::move(one), std::move(several)};
}

}  // namespace miura::calibration
