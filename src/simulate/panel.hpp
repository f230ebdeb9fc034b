#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "miura/simulate/bulk.hpp"

namespace miura::simulate {

inline constexpr std::array<std::string_view, 3> layers{"ecto", "meso", "endo"};
inline constexpr std::array<std::string_view, 2> cultures{"suspension", "adhesion"};

/// A line of the panel, and how far it leans to each germ layer (mean 0, variance 1 over lines).
struct Line {
  std::string id;
  bool is_test = false;
  std::array<double, 3> leaning{};
  std::array<std::array<double, 3>, 2> in_culture{};  ///< the same as it shows in each way of culture
};

/// A gene, and what it follows: a sign a layer, 0 for none.
struct PanelGene {
  std::string name, role;  ///< role: switch, ecto, meso, endo, or none
  std::array<int, 3> sign{};
  std::vector<double> level;  ///< of each line, mean 0, variance 1: what platforms measure
};

struct Panel {
  std::vector<Line> lines;  ///< training lines first
  std::vector<PanelGene> genes;
  std::vector<double> of_lines(const std::vector<double>& values, bool is_test) const;
};

/// Lines whose leanings over the training lines have about the correlation that was asked for; then the genes, 40 of
/// which follow them (none with `null`). The first is the switch gene.
Panel make_panel(const BulkOptions& options);

/// The correlation that two layers have: ectoderm against the others.
double layer_correlation(const BulkOptions& options, int a, int b);

}  // namespace miura::simulate
