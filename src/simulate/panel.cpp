#include "simulate/panel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "simulate/outcomes.hpp"
#include "simulate/samplers.hpp"

namespace miura::simulate {

namespace {

constexpr int n_programmes = 6;
constexpr std::int64_t most_draws = 2'000;  ///< of the leanings, until they correlate as they should
constexpr double share_of_culture = 0.1;    ///< of a leaning's variance: what one way of culture adds
constexpr std::array<int, 3> along_switch{1, -1, -1};

/// Leanings of all lines: draw number `attempt`. What is common to the layers has the sign of the switch.
std::vector<std::array<double, 3>> drawn_leanings(const BulkOptions& o, std::int64_t attempt) {
  std::vector<std::array<double, 3>> leanings;
  for (int line = 0; line < o.lines_train + o.lines_test; ++line) {
    auto random = stream(o.seed, Topic::line, attempt, line);
    const double common = normal(random);
    auto& leaning = leanings.emplace_back();
    for (std::size_t layer = 0; layer < 3; ++layer)
      leaning[layer] =
          along_switch[layer] * std::sqrt(o.outcome_rho) * common + std::sqrt(1.0 - o.outcome_rho) * normal(random);
  }
  return leanings;
}

/// How far the correlations of training lines are from those that were asked for.
double distance_from_wish(const BulkOptions& o, const std::vector<std::array<double, 3>>& leanings) {
  double farthest = 0.0;
  for (int a = 0; a < 3; ++a)
    for (int b = a + 1; b < 3; ++b) {
      std::vector<double> x, y;
      for (int line = 0; line < o.lines_train; ++line) {
        x.push_back(leanings[line][a]);
        y.push_back(leanings[line][b]);
      }
      farthest = std::max(farthest, std::abs(spearman(x, y) - layer_correlation(o, a, b)));
    }
  return farthest;
}

std::vector<std::array<double, 3>> leanings_of(const BulkOptions& o) {
  constexpr double near_enough = 0.06;
  std::vector<std::array<double, 3>> best;
  double least = std::numeric_limits<double>::infinity();
  for (std::int64_t attempt = 0; attempt < most_draws && least > near_enough; ++attempt) {
    auto leanings = drawn_leanings(o, attempt);
    const double distance = distance_from_wish(o, leanings);
    if (distance >= least) continue;
    least = distance;
    best = std::move(leanings);
  }
  return best;
}

std::vector<Line> lines_of(const BulkOptions& o) {
  std::vector<Line> lines;
  const auto leanings = leanings_of(o);
  for (std::int64_t i = 0; i < std::ssize(leanings); ++i) {
    Line line{.id = fmt::format("iPS{:02d}", i + 1), .is_test = i >= o.lines_train, .leaning = leanings[i]};
    auto random = stream(o.seed, Topic::line, most_draws, i);
    for (auto& culture : line.in_culture)
      for (std::size_t layer = 0; layer < 3; ++layer)
        culture[layer] =
            std::sqrt(1.0 - share_of_culture) * line.leaning[layer] + std::sqrt(share_of_culture) * normal(random);
    lines.push_back(std::move(line));
  }
  return lines;
}

/// Names and signs of genes: those with a role first.
std::vector<PanelGene> genes_of(const BulkOptions& o) {
  std::vector<PanelGene> genes;
  const auto add = [&](const std::string& name, const std::string& role, std::array<int, 3> sign) {
    if (o.null)
      genes.push_back({name, "none", {}, {}});
    else
      genes.push_back({name, role, sign, {}});
  };
  add("SALL3", "switch", along_switch);
  for (int i = 1; i < 8; ++i)
    add(fmt::format("SWITCH{:02d}", i), "switch", {i % 2 ? 1 : -1, i % 2 ? -1 : 1, i % 2 ? -1 : 1});
  add("ROR2", "ecto", {-1, 0, 0});
  add("PF4", "meso", {0, 1, 0});
  for (int i = 0; i < 30; ++i) {
    std::array<int, 3> sign{};
    sign[i % 3] = i / 3 % 2 ? -1 : 1;
    add(fmt::format("TRUE{:02d}", i + 1), std::string(layers[i % 3]), sign);
  }
  while (std::ssize(genes) < o.genes) genes.push_back({fmt::format("GENE{:05d}", genes.size()), "none", {}, {}});
  return genes;
}

/// What a gene follows in one line, with variance 1.
double followed(const BulkOptions& o, const PanelGene& gene, const Line& line) {
  double sum = 0.0, variance = 0.0;
  for (int a = 0; a < 3; ++a) {
    sum += gene.sign[a] * line.leaning[a];
    for (int b = 0; b < 3; ++b) variance += gene.sign[a] * gene.sign[b] * (a == b ? 1.0 : layer_correlation(o, a, b));
  }
  return variance > 0.0 ? sum / std::sqrt(variance) : 0.0;
}

/// The rest of genes' levels: programmes that they share, and a part of their own.
void draw_levels(const BulkOptions& o, Panel& panel) {
  std::vector<std::array<double, n_programmes>> programme;
  for (std::int64_t i = 0; i < std::ssize(panel.lines); ++i) {
    auto random = stream(o.seed, Topic::line, most_draws + 1, i);
    for (auto& value : programme.emplace_back()) value = normal(random);
  }
  for (std::int64_t g = 0; g < std::ssize(panel.genes); ++g) {
    auto& gene = panel.genes[g];
    auto random = stream(o.seed, Topic::line_gene, g);
    const auto of = random.below(n_programmes);
    const double direction = random.uniform() < 0.5 ? -1.0 : 1.0;
    const double effect = gene.role == "none" ? 0.0 : o.effect;
    for (std::size_t i = 0; i < panel.lines.size(); ++i) {
      const double rest = direction * std::sqrt(o.gene_correlation) * programme[i][of] +
                          std::sqrt(1.0 - o.gene_correlation) * normal(random);
      gene.level.push_back(effect * followed(o, gene, panel.lines[i]) + std::sqrt(1.0 - effect * effect) * rest);
    }
  }
}

}  // namespace

std::vector<double> Panel::of_lines(const std::vector<double>& values, bool is_test) const {
  std::vector<double> chosen;
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (lines[i].is_test == is_test) chosen.push_back(values[i]);
  return chosen;
}

double layer_correlation(const BulkOptions& options, int a, int b) {
  return along_switch[a] * along_switch[b] * options.outcome_rho;
}

Panel make_panel(const BulkOptions& options) {
  Panel panel{lines_of(options), genes_of(options)};
  draw_levels(options, panel);
  return panel;
}

}  // namespace miura::simulate
