// The rules of intersections.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "app/mine_options.hpp"
#include "app/mine_settings.hpp"

namespace miura::app {

namespace {

enum class Sign { up, down, same, opposite };

/// `ecto:-s@0.01`: name, sign, and p of a hit where the term has its own.
struct ParsedTerm {
  std::string name;
  Sign sign;
  double threshold;
};

ParsedTerm parsed_term(const MineOptions& o, const IntersectionOptions& i, const std::string& text) {
  const auto colon = text.rfind(':');
  const auto at = colon == std::string::npos ? colon : text.find('@', colon);
  double threshold = i.threshold;
  if (at != std::string::npos) {
    threshold = number(o.file, {"the threshold of " + text, text.substr(at + 1), i.row});
    check_threshold(o.file, i.row, threshold);
  }
  const auto sign = colon == std::string::npos ? std::string() : text.substr(colon + 1, at - colon - 1);
  const auto name = text.substr(0, colon);
  if (sign == "+") return {name, Sign::up, threshold};
  if (sign == "-") return {name, Sign::down, threshold};
  if (sign == "s") return {name, Sign::same, threshold};
  if (sign == "-s") return {name, Sign::opposite, threshold};
  refuse(o.file, i.row,
         fmt::format(
             "'{}' is not NAME:SIGN or NAME:SIGN@P between spaces, the sign + or -, or s or -s for either direction",
             text));
}

std::vector<std::string> names_of(const auto& things) {
  std::vector<std::string> names;
  for (const auto& thing : things) names.push_back(thing.name);
  return names;
}

/// Place of a name; -1 if it is not there.
std::int32_t place_of(const std::vector<std::string>& names, const std::string& name) {
  const auto at = std::ranges::find(names, name);
  return at == names.end() ? -1 : static_cast<std::int32_t>(at - names.begin());
}

/// The place that a name, or the only one there is, has; `what` for messages.
std::int32_t place_or_only(const MineOptions& o, const IntersectionOptions& i, const std::vector<std::string>& names,
                           const std::string& name, const std::string& what) {
  if (name.empty() && names.size() == 1) return 0;
  if (name.empty())
    refuse(o.file, i.row,
           fmt::format("[intersection.{}]: which {}? Add {} = one of {}", i.name, what, what, fmt::join(names, ", ")));
  const auto place = place_of(names, name);
  if (place < 0)
    refuse(o.file, i.row, fmt::format("[intersection.{}]: no {} {}{}", i.name, what, name, suggestion(name, names)));
  return place;
}

mining::Intersection resolved(const MineOptions& o, const IntersectionOptions& i, const mining::LineSet& lines) {
  const auto panels = names_of(lines.panels), outcomes = names_of(lines.outcomes);
  mining::Intersection intersection{.name = i.name, .terms = {}, .promoters = i.promoters};
  int n_directed = 0;
  std::istringstream words(i.rule);
  for (std::string text; words >> text;) {
    const auto [name, sign, threshold] = parsed_term(o, i, text);
    mining::Term term{.negative = sign == Sign::down || sign == Sign::opposite, .threshold = threshold};
    const auto slash = name.find('/');
    if (slash != std::string::npos) {
      term.panel = place_or_only(o, i, panels, name.substr(0, slash), "measurement");
      term.outcome = place_or_only(o, i, outcomes, name.substr(slash + 1), "outcome");
    } else if (place_of(outcomes, name) >= 0) {
      term.outcome = place_of(outcomes, name);
      term.panel = place_or_only(o, i, panels, i.measurement, "measurement");
    } else if (place_of(panels, name) >= 0) {
      term.panel = place_of(panels, name);
      term.outcome = place_or_only(o, i, outcomes, i.outcome, "outcome");
    } else {
      auto known = outcomes;
      known.insert(known.end(), panels.begin(), panels.end());
      refuse(o.file, i.row,
             fmt::format("'{}' is no outcome and no measurement of training lines{}", name, suggestion(name, known)));
    }
    if (sign == Sign::up || sign == Sign::down) ++n_directed;
    intersection.terms.push_back(term);
  }
  const auto n_terms = static_cast<int>(intersection.terms.size());
  if (n_terms == 0) refuse(o.file, i.row, fmt::format("[intersection.{}] has an empty rule", i.name));
  if (n_directed != 0 && n_directed != n_terms)
    refuse(o.file, i.row, "a rule has signs + and -, or s and -s for either direction, not both");
  intersection.either_direction = n_directed == 0;
  const auto first = intersection.terms.front().panel;
  const bool one_panel = std::ranges::all_of(intersection.terms, [&](const auto& t) { return t.panel == first; });
  intersection.by_gene = i.by_gene.value_or(!one_panel);
  if (!intersection.by_gene && !one_panel)
    refuse(o.file, i.row, "probes of several measurements can be matched by gene only");
  return intersection;
}

}  // namespace

std::vector<mining::Intersection> resolve_intersections(const MineOptions& o, const mining::LineSet& lines) {
  std::vector<mining::Intersection> intersections;
  for (const auto& i : o.intersections) intersections.push_back(resolved(o, i, lines));
  return intersections;
}

}  // namespace miura::app
