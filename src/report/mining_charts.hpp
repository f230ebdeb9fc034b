#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "miura/report/mining_report.hpp"

namespace miura::report {

/// Counts as points beside the mean and the 95 % point of relabeled lines; null where there is none to show.
nlohmann::json count_chart(std::span<const HitCountRow> counts, double alpha);

/// Rank of a probe against ranks of the outcomes of its rule, a point a line.
nlohmann::json rank_chart(const RankPanel& panel, const std::vector<std::string>& outcomes);

/// Scores of all lines, ordered.
nlohmann::json propensity_chart(const PropensityPanel& panel);

/// Markers x lines, in standard deviations of the training lines.
nlohmann::json marker_chart(const MarkerPanel& panel);

/// Outcomes x outcomes.
nlohmann::json outcome_chart(const std::vector<OutcomePair>& pairs);

}  // namespace miura::report
