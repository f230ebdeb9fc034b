#include "app/compared_endpoints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "miura/base/error.hpp"

namespace miura::app {

namespace {

using comparability::Endpoint;
using Kind = Endpoint::Kind;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// What was typed as [USE:]NAME=VALUE.
struct Typed {
  std::string use;
  std::size_t endpoint = 0;  ///< its place among the named ones
  double value = 0;
};

/// A name may hold colons (GENE:CLUSTER), and so may a use: the longest name that is known counts.
Typed understood(const std::string& option, const std::string& typed, const std::vector<Endpoint>& named,
                 const std::string& wanted) {
  const auto equals = typed.rfind('=');
  if (equals == std::string::npos) throw UsageError(fmt::format("{} is {}, not {}", option, wanted, typed));
  const auto left = typed.substr(0, equals);
  std::size_t from = 0;
  do {
    const auto at = std::ranges::find(named, left.substr(from), &Endpoint::name);
    if (at != named.end()) {
      const auto value = number_of(option, typed, typed.substr(equals + 1));
      if (value <= 0.0) throw UsageError(fmt::format("{} {}: a margin is above 0", option, typed));
      return {from > 0 ? left.substr(0, from - 1) : std::string(), static_cast<std::size_t>(at - named.begin()), value};
    }
    from = left.find(':', from) + 1;  // 0 after the last one
  } while (from > 0);
  throw UsageError(
      fmt::format("{} {}: {} is no --cluster, --marker or --outcome", option, typed, left.substr(left.find(':') + 1)));
}

struct Margin {
  double value = none;
  std::string from = {};  ///< an outcome, or empty
};

/// Margins of every named endpoint by final use.
using Margins = std::vector<std::map<std::string, Margin>>;

/// Adds the margins that move an outcome by an amount, where none was typed.
void derive_margins(const std::vector<Endpoint>& named, const Typed& from, std::span<const std::int32_t> fitted,
                    Margins& margins, std::vector<comparability::DerivedMargin>& derived) {
  const auto& outcome = named[from.endpoint];
  margins[from.endpoint].try_emplace(from.use, Margin{from.value});
  for (std::size_t i = 0; i < named.size(); ++i) {
    if ((named[i].kind != Kind::share && named[i].kind != Kind::marker) || margins[i].contains(from.use)) continue;
    const auto found = comparability::outcome_margin(named[i].value, outcome.value, fitted, from.value);
    margins[i].emplace(from.use, Margin{found.margin, outcome.name});
    derived.push_back({from.use, named[i].name, outcome.name, from.value, found});
  }
}

/// The margin of an endpoint for a use, or nothing where it does not matter for it.
std::optional<Margin> margin_for(const std::map<std::string, Margin>& margins, const std::string& use) {
  if (const auto own = margins.find(use); own != margins.end()) return own->second;
  if (const auto general = margins.find(""); general != margins.end()) return general->second;
  return margins.empty() ? std::optional(Margin{}) : std::nullopt;
}

}  // namespace

DeclaredEndpoints declare_endpoints(const CompareOptions& o, const std::vector<Endpoint>& named,
                                    std::span<const std::int32_t> fitted) {
  DeclaredEndpoints found;
  Margins margins(named.size());
  std::vector<std::string> uses;
  const auto mentioned = [&](const std::string& use) {
    if (!use.empty() && std::ranges::find(uses, use) == uses.end()) uses.push_back(use);
  };
  for (const auto& text : o.margins) {
    const auto typed = understood("--margin", text, named, "[USE:]NAME=VALUE");
    margins[typed.endpoint][typed.use] = {typed.value};
    mentioned(typed.use);
  }
  for (const auto& text : o.margins_from) {
    const auto typed = understood("--margin-from", text, named, "[USE:]OUTCOME=AMOUNT");
    if (named[typed.endpoint].kind != Kind::outcome)
      throw UsageError(fmt::format("--margin-from {}: {} is no outcome", text, named[typed.endpoint].name));
    derive_margins(named, typed, fitted, margins, found.derived);
    mentioned(typed.use);
  }
  if (uses.empty()) uses.emplace_back();
  for (const auto& use : uses)
    for (std::size_t i = 0; i < named.size(); ++i)
      if (const auto margin = margin_for(margins[i], use)) {
        auto& endpoint = found.endpoints.emplace_back(named[i]);
        endpoint.final_use = use;
        endpoint.margin = margin->value;
        endpoint.margin_from = margin->from;
      }
  return found;
}

std::vector<comparability::Claim> claims_of(const CompareOptions& o, const matrix::Lots& lots,
                                            const std::vector<Endpoint>& named) {
  std::vector<comparability::Claim> claims;
  for (const auto& attribute : named)
    for (const auto& outcome : named) {
      if ((attribute.kind != Kind::share && attribute.kind != Kind::marker) || outcome.kind != Kind::outcome) continue;
      auto& claim = claims.emplace_back(comparability::Claim{.attribute = attribute.name,
                                                             .outcome = outcome.name,
                                                             .attribute_value = attribute.value,
                                                             .outcome_value = outcome.value});
      if (attribute.kind == Kind::marker) claim.scale = comparability::Claim::Scale::as_is;
      for (std::size_t l = 0; l < lots.size(); ++l)
        if (lots[l].role != "train") claim.outcome_value[l] = none;
    }
  for (const auto& typed : o.requirements) {
    const auto sign = std::min(typed.find(">="), typed.find("<="));
    if (sign == std::string::npos)
      throw UsageError(fmt::format("--require is OUTCOME>=VALUE or OUTCOME<=VALUE, not {}", typed));
    const auto name = typed.substr(0, sign);
    const auto known = [&](const Endpoint& e) { return e.kind == Kind::outcome && e.name == name; };
    if (std::ranges::none_of(named, known))
      throw UsageError(fmt::format("--require {}: {} is no --outcome", typed, name));
    for (auto& claim : claims) {
      if (claim.outcome != name) continue;
      claim.requirement = number_of("--require", typed, typed.substr(sign + 2));
      claim.at_least = typed[sign] == '>';
    }
  }
  return claims;
}

}  // namespace miura::app
