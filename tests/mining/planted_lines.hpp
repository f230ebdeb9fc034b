#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "miura/mining/lines.hpp"
#include "miura/stats/normal_stream.hpp"

namespace miura::tests {

inline constexpr int n_planted = 3;

struct PlantedOptions {
  int n_lines = 10, n_probes = 60;
  double effect = 6;           ///< of planted probes, in units of their noise
  std::uint64_t outcomes = 1;  ///< seed of the lines
};

/// Lines with three outcomes, of which ecto and meso go opposite ways, an array and a table of promoters. The first
/// probes go up with ecto on both platforms; gene0 has two more promoters, weaker ones, that do not.
inline mining::LineSet planted_lines(std::uint64_t seed, const PlantedOptions& options) {
  stats::NormalStream noise(seed, stats::Purpose::simulate, options.outcomes);
  mining::LineSet lines;
  const auto n = options.n_lines;
  std::vector<double> state(n);
  for (int l = 0; l < n; ++l) {
    lines.line.push_back("line" + std::to_string(100 + l));
    state[l] = noise();
  }
  for (const auto& [name, weight] : {std::pair{"ecto", 2.0}, {"meso", -1.5}, {"endo", -0.5}}) {
    mining::Outcome outcome{.name = name, .value = {}};
    for (int l = 0; l < n; ++l) outcome.value.push_back(weight * state[l] + 0.3 * noise());
    lines.outcomes.push_back(std::move(outcome));
  }
  for (const std::string name : {"array", "cage"}) {
    mining::Panel panel{.name = name, .platform = name, .method = "", .probes = {}, .gene = {}};
    panel.probes.sample = lines.line;
    const auto add = [&](const std::string& gene, bool planted, double level) {
      panel.probes.feature.push_back(name + "_" + std::to_string(panel.gene.size()));
      panel.gene.push_back(gene);
      for (int l = 0; l < n; ++l)
        panel.probes.value.push_back(level + (planted ? options.effect * state[l] : 0.0) + noise());
    };
    for (int p = 0; p < options.n_probes; ++p) add("gene" + std::to_string(p), p < n_planted, 10);
    if (name == "cage") add("gene0", false, 5), add("gene0", false, 4);
    lines.panels.push_back(std::move(panel));
  }
  return lines;
}

}  // namespace miura::tests
