#include "miura/comparability/comparability.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "miura/base/error.hpp"

namespace miura::comparability {

namespace {

using Outcome = EndpointResult::Outcome;
constexpr double none = std::numeric_limits<double>::quiet_NaN();

std::vector<double> known_values(const Endpoint& endpoint, std::span<const std::int32_t> side) {
  std::vector<double> values;
  for (const auto lot : side)
    if (!std::isnan(endpoint.value[lot])) values.push_back(endpoint.value[lot]);
  return values;
}

double standard_deviation(std::span<const double> values) {
  const auto n = static_cast<double>(std::ssize(values));
  if (n < 2) return none;
  double mean = 0.0, squares = 0.0;
  for (const double x : values) mean += x / n;
  for (const double x : values) squares += (x - mean) * (x - mean);
  return std::sqrt(squares / (n - 1));
}

/// The lots of a side that have a value, by pair id; those without an id are left out.
std::map<std::string, std::int32_t> by_pair(const matrix::Lots& lots, std::span<const std::int32_t> side,
                                            const Endpoint& endpoint) {
  std::map<std::string, std::int32_t> found;
  for (const auto lot : side) {
    if (lots[lot].pair.empty() || std::isnan(endpoint.value[lot])) continue;
    if (!found.emplace(lots[lot].pair, lot).second)
      throw InputError({.file = {}, .row = 0, .column = "pair", .lot = lots[lot].id},
                       fmt::format("two lots of one side are called pair '{}'", lots[lot].pair));
  }
  return found;
}

/// After less before, if every lot after the change has its partner; empty otherwise.
std::vector<double> paired_differences(const matrix::Lots& lots, const Sides& sides, const Endpoint& endpoint) {
  const auto before = by_pair(lots, sides.before, endpoint), after = by_pair(lots, sides.after, endpoint);
  std::vector<double> difference;
  if (std::ssize(after) != std::ssize(known_values(endpoint, sides.after))) return difference;
  for (const auto& [pair, lot] : after) {
    const auto partner = before.find(pair);
    if (partner == before.end()) return {};
    difference.push_back(endpoint.value[lot] - endpoint.value[partner->second]);
  }
  return difference;
}

Outcome outcome_of(const Equivalence& test, double alpha) {
  if (std::min(test.n_before, test.n_after) < fewest_lots || std::isnan(test.p_lower)) return Outcome::descriptive;
  if (test.equivalent) return Outcome::equivalent;
  return test.p_difference <= alpha ? Outcome::different : Outcome::undecided;
}

EndpointResult compare(const matrix::Lots& lots, const Sides& sides, const Endpoint& endpoint,
                       const ComparabilityOptions& options) {
  EndpointResult found{.endpoint = endpoint, .test = {}, .rates = {none, none}};
  const auto others = known_values(endpoint, sides.others);
  const double sd_others = std::ssize(others) >= fewest_lots ? standard_deviation(others) : none;
  double margin = endpoint.margin;
  if (std::isnan(margin)) {
    margin = options.fallback_margin * sd_others;
    found.fallback = !std::isnan(margin);
  }
  const auto before = known_values(endpoint, sides.before), after = known_values(endpoint, sides.after);
  const auto difference = paired_differences(lots, sides, endpoint);
  found.paired = !difference.empty();
  found.unpaired_left_out = found.paired && difference.size() < before.size();
  found.test = found.paired ? paired_equivalence(difference, margin, options.alpha)
                            : welch_equivalence(before, after, margin, options.alpha);
  // The spread of lots is known best from other lots; that of differences only from the pairs themselves.
  const double sd = found.paired || std::isnan(sd_others) ? found.test.sd : sd_others;
  found.rates = found.paired ? paired_error_rates(found.test.n_after, margin, sd, options.alpha)
                             : welch_error_rates(found.test.n_before, found.test.n_after, margin, sd, options.alpha);
  found.outcome = outcome_of(found.test, options.alpha);
  if (found.outcome == Outcome::descriptive) {
    found.test.equivalent = false;
    found.rates = {none, none};
  }
  return found;
}

std::string_view word(Outcome outcome) {
  switch (outcome) {
    case Outcome::equivalent:
      return "equivalent";
    case Outcome::different:
      return "different";
    case Outcome::undecided:
      return "undecided";
    case Outcome::descriptive:
      return "descriptive";
  }
  throw std::logic_error("no such outcome");
}

std::string_view word(Endpoint::Kind kind) {
  switch (kind) {
    case Endpoint::Kind::share:
      return "share";
    case Endpoint::Kind::marker:
      return "marker";
    case Endpoint::Kind::outcome:
      return "outcome";
  }
  throw std::logic_error("no such kind of endpoint");
}

std::string text_of(const Verdict& v) {
  const auto use = v.final_use.empty() ? std::string() : fmt::format(" for {}", v.final_use);
  if (v.outcome == Outcome::descriptive)
    return fmt::format("no verdict{}: too few lots, no spread or no margin; numbers are descriptive only", use);
  if (v.outcome == Outcome::different)
    return fmt::format("changed{}: {} of {} endpoints differ and are not within their margins", use, v.n_different,
                       v.n_endpoints);
  if (v.outcome == Outcome::undecided)
    return fmt::format(
        "not shown to be similar{}: {} of {} endpoints are within their margins; that no difference is "
        "seen shows no similarity",
        use, v.n_equivalent, v.n_endpoints);
  return fmt::format(
      "similar in the observed attributes{}{}; this alone does not prove comparability (ICH Q5E), nor for another use",
      use, v.with_function ? ", function among them" : "; no function was compared");
}

Verdict judge(const std::string& use, std::span<const EndpointResult> endpoints) {
  Verdict v{.final_use = use, .text = {}};
  bool described_only = false;
  for (const auto& e : endpoints) {
    if (e.endpoint.final_use != use) continue;
    ++v.n_endpoints;
    v.n_equivalent += e.outcome == Outcome::equivalent ? 1 : 0;
    v.n_different += e.outcome == Outcome::different ? 1 : 0;
    described_only |= e.outcome == Outcome::descriptive;
    v.with_function |= e.endpoint.kind == Endpoint::Kind::outcome;
  }
  if (v.n_different > 0)
    v.outcome = Outcome::different;
  else if (described_only)
    v.outcome = Outcome::descriptive;
  else
    v.outcome = v.n_equivalent == v.n_endpoints ? Outcome::equivalent : Outcome::undecided;
  v.text = text_of(v);
  return v;
}

std::string status_of(const EndpointResult& e) {
  if (std::min(e.test.n_before, e.test.n_after) < fewest_lots || std::isnan(e.test.standard_error)) return "LOW_N";
  return e.outcome == Outcome::descriptive ? "NOT_TESTED" : "OK";
}

std::string flags_of(const EndpointResult& e) {
  std::vector<std::string> flags;
  if (e.fallback) flags.emplace_back("FALLBACK_MARGIN");
  if (std::isnan(e.test.margin)) flags.emplace_back("NO_MARGIN");
  if (e.unpaired_left_out) flags.emplace_back("UNPAIRED_LEFT_OUT");
  return fmt::format("{}", fmt::join(flags, ";"));
}

/// A column: what `value` gives for each row.
template <class T, class Row, class Value>
matrix::Column column(const char* name, const std::vector<Row>& rows, Value value) {
  std::vector<T> values;
  for (const auto& row : rows) values.push_back(static_cast<T>(value(row)));
  return {name, std::move(values)};
}

}  // namespace

std::vector<double> logit_shares(const matrix::Composition& composition, std::int32_t cluster) {
  std::vector<double> logit;
  for (std::int32_t l = 0; l < composition.n_lots; ++l) {
    const auto in = static_cast<double>(composition.cells(cluster, l)),
               all = static_cast<double>(composition.lot_size[l]);
    logit.push_back(all > 0 ? std::log((in + 0.5) / (all - in + 0.5)) : none);
  }
  return logit;
}

Comparability compare_lots(const matrix::Lots& lots, const Sides& sides, std::span<const Endpoint> endpoints,
                           const ComparabilityOptions& options) {
  Comparability found;
  for (const auto& endpoint : endpoints) found.endpoints.push_back(compare(lots, sides, endpoint, options));
  std::vector<std::string> judged;
  for (const auto& endpoint : endpoints) {
    if (std::ranges::find(judged, endpoint.final_use) != judged.end()) continue;
    judged.push_back(endpoint.final_use);
    found.verdicts.push_back(judge(endpoint.final_use, found.endpoints));
  }
  return found;
}

matrix::Table comparability_table(const Comparability& found) {
  using E = EndpointResult;
  const auto& rows = found.endpoints;
  const auto text = [&](const char* name, auto value) { return column<std::string, E>(name, rows, value); };
  const auto real = [&](const char* name, auto value) { return column<double, E>(name, rows, value); };
  const auto whole = [&](const char* name, auto value) { return column<std::int64_t, E>(name, rows, value); };
  return {"comparability",
          {text("final_use", [](const E& e) { return e.endpoint.final_use; }),
           text("endpoint", [](const E& e) { return e.endpoint.name; }),
           text("kind", [](const E& e) { return word(e.endpoint.kind); }),
           text("test", [](const E& e) { return e.paired ? "paired" : "welch"; }),
           whole("n1", [](const E& e) { return e.test.n_before; }),
           whole("n2", [](const E& e) { return e.test.n_after; }),
           real("diff", [](const E& e) { return e.test.difference; }),
           real("se", [](const E& e) { return e.test.standard_error; }),
           real("df", [](const E& e) { return e.test.degrees; }),
           real("margin", [](const E& e) { return e.test.margin; }),
           real("p_lower", [](const E& e) { return e.test.p_lower; }),
           real("p_upper", [](const E& e) { return e.test.p_upper; }),
           real("ci90_lo", [](const E& e) { return e.test.ci_low; }),
           real("ci90_hi", [](const E& e) { return e.test.ci_high; }),
           whole("equivalent", [](const E& e) { return e.test.equivalent; }),
           real("p_difference", [](const E& e) { return e.test.p_difference; }),
           text("result", [](const E& e) { return word(e.outcome); }),
           real("false_accept", [](const E& e) { return e.rates.false_accept; }),
           real("false_reject", [](const E& e) { return e.rates.false_reject; }),
           text("status", status_of),
           text("flags", flags_of)}};
}

matrix::Table verdict_table(const Comparability& found) {
  using V = Verdict;
  const auto& rows = found.verdicts;
  return {"comparability_verdict",
          {column<std::string, V>("final_use", rows, [](const V& v) { return v.final_use; }),
           column<std::int64_t, V>("endpoints", rows, [](const V& v) { return v.n_endpoints; }),
           column<std::int64_t, V>("equivalent", rows, [](const V& v) { return v.n_equivalent; }),
           column<std::int64_t, V>("different", rows, [](const V& v) { return v.n_different; }),
           column<std::int64_t, V>("with_function", rows, [](const V& v) { return v.with_function; }),
           column<std::string, V>("result", rows, [](const V& v) { return word(v.outcome); }),
           column<std::string, V>("verdict", rows, [](const V& v) { return v.text; })}};
}

}  // namespace miura::comparability
