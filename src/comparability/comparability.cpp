#include "miura/comparability/comparability.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "miura/base/error.hpp"
#include "miura/comparability/distance_equivalence.hpp"
#include "miura/matrix/table_columns.hpp"

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
  if (std::min(test.n_before, test.n_after) < fewest_lots || std::isnan(test.p_upper)) return Outcome::descriptive;
  if (test.equivalent) return Outcome::equivalent;
  return test.p_difference <= alpha ? Outcome::different : Outcome::undecided;
}

/// What follows from the test; nothing is declared, and no rates are told, of what is only described.
void conclude(EndpointResult& found, double alpha) {
  found.outcome = outcome_of(found.test, alpha);
  if (found.outcome != Outcome::descriptive) return;
  found.test.equivalent = false;
  found.rates = {none, none};
}

/// Lots x width of those lots of a side that have a value.
std::vector<double> known_rows(const Endpoint& endpoint, std::span<const std::int32_t> side) {
  std::vector<double> rows;
  for (const auto lot : side) {
    const auto row = std::span(endpoint.value).subspan(std::int64_t{lot} * endpoint.width, endpoint.width);
    if (endpoint.width > 0 && !std::isnan(row[0])) rows.insert(rows.end(), row.begin(), row.end());
  }
  return rows;
}

EndpointResult compare_components(const matrix::Lots& lots, const Sides& sides, const Endpoint& endpoint,
                                  const ComparabilityOptions& options) {
  EndpointResult found{.endpoint = endpoint, .test = {}, .rates = {none, none}};
  found.fallback = std::isnan(endpoint.margin);
  const double margin = found.fallback ? options.fallback_margin : endpoint.margin;
  const auto e = distance_equivalence(known_rows(endpoint, sides.before), known_rows(endpoint, sides.after),
                                      endpoint.width, margin, options.alpha);
  found.test = {.n_before = e.n_before,
                .n_after = e.n_after,
                .difference = e.distance,
                .standard_error = none,
                .degrees = e.degrees,
                .margin = margin,
                .p_lower = none,
                .p_upper = e.p_margin,
                .ci_low = e.ci_low,
                .ci_high = e.ci_high,
                .p_difference = e.p_difference,
                .sd = none,
                .equivalent = e.equivalent};
  found.rates = distance_error_rates(e.n_before, e.n_after, endpoint.width, margin, options.alpha);
  found.pairs_ignored = std::ranges::any_of(sides.after, [&](std::int32_t lot) { return !lots[lot].pair.empty(); });
  conclude(found, options.alpha);
  return found;
}

EndpointResult compare(const matrix::Lots& lots, const Sides& sides, const Endpoint& endpoint,
                       const ComparabilityOptions& options) {
  if (endpoint.kind == Endpoint::Kind::components) return compare_components(lots, sides, endpoint, options);
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
  conclude(found, options.alpha);
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
    case Endpoint::Kind::components:
      return "components";
  }
  throw std::logic_error("no such kind of endpoint");
}

/// Composition goes with function: what may be said of the function of lots whose attributes are alike.
std::string on_function(const Verdict& v, const std::vector<std::string>& measured) {
  if (v.with_function)
    return v.only_function ? "; only function was compared, no composition" : ", function among them";
  if (measured.empty()) return "; no function was compared";
  return fmt::format("; no function was compared, although {} {} measured", fmt::join(measured, ", "),
                     measured.size() == 1 ? "was" : "were");
}

std::string text_of(const Verdict& v, const std::vector<std::string>& measured) {
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
      use, on_function(v, measured));
}

Verdict judge(const std::string& use, std::span<const EndpointResult> endpoints,
              const std::vector<std::string>& measured) {
  Verdict v{.final_use = use, .only_function = true, .text = {}};
  bool described_only = false;
  for (const auto& e : endpoints) {
    if (e.endpoint.final_use != use) continue;
    ++v.n_endpoints;
    v.n_equivalent += e.outcome == Outcome::equivalent ? 1 : 0;
    v.n_different += e.outcome == Outcome::different ? 1 : 0;
    described_only |= e.outcome == Outcome::descriptive;
    v.with_function |= e.endpoint.kind == Endpoint::Kind::outcome;
    v.only_function &= e.endpoint.kind == Endpoint::Kind::outcome;
  }
  if (v.n_different > 0)
    v.outcome = Outcome::different;
  else if (described_only)
    v.outcome = Outcome::descriptive;
  else
    v.outcome = v.n_equivalent == v.n_endpoints ? Outcome::equivalent : Outcome::undecided;
  v.text = text_of(v, measured);
  return v;
}

std::string status_of(const EndpointResult& e) {
  if (std::min(e.test.n_before, e.test.n_after) < fewest_lots || std::isnan(e.test.p_difference)) return "LOW_N";
  return e.outcome == Outcome::descriptive ? "NOT_TESTED" : "OK";
}

std::string flags_of(const EndpointResult& e) {
  std::vector<std::string> flags;
  if (e.fallback) flags.emplace_back("FALLBACK_MARGIN");
  if (std::isnan(e.test.margin)) flags.emplace_back("NO_MARGIN");
  if (!e.endpoint.margin_from.empty()) flags.emplace_back("MARGIN_FROM_OUTCOME");
  if (e.unpaired_left_out) flags.emplace_back("UNPAIRED_LEFT_OUT");
  if (e.pairs_ignored) flags.emplace_back("PAIRS_IGNORED");
  return fmt::format("{}", fmt::join(flags, ";"));
}

std::string_view test_of(const EndpointResult& e) {
  if (e.endpoint.kind == Endpoint::Kind::components) return "noncentral_f";
  return e.paired ? "paired" : "welch";
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
    found.verdicts.push_back(judge(endpoint.final_use, found.endpoints, options.measured_functions));
  }
  return found;
}

matrix::Table comparability_table(const Comparability& found) {
  using E = EndpointResult;
  matrix::TableColumns<E> columns("comparability", found.endpoints);
  columns.add("final_use", [](const E& e) { return e.endpoint.final_use; });
  columns.add("endpoint", [](const E& e) { return e.endpoint.name; });
  columns.add("kind", [](const E& e) { return word(e.endpoint.kind); });
  columns.add("test", test_of);
  columns.add("n1", [](const E& e) { return e.test.n_before; });
  columns.add("n2", [](const E& e) { return e.test.n_after; });
  columns.add("diff", [](const E& e) { return e.test.difference; });
  columns.add("se", [](const E& e) { return e.test.standard_error; });
  columns.add("df", [](const E& e) { return e.test.degrees; });
  columns.add("margin", [](const E& e) { return e.test.margin; });
  columns.add("p_lower", [](const E& e) { return e.test.p_lower; });
  columns.add("p_upper", [](const E& e) { return e.test.p_upper; });
  columns.add("ci90_lo", [](const E& e) { return e.test.ci_low; });
  columns.add("ci90_hi", [](const E& e) { return e.test.ci_high; });
  columns.add("equivalent", [](const E& e) { return e.test.equivalent; });
  columns.add("p_difference", [](const E& e) { return e.test.p_difference; });
  columns.add("result", [](const E& e) { return word(e.outcome); });
  columns.add("false_accept", [](const E& e) { return e.rates.false_accept; });
  columns.add("false_reject", [](const E& e) { return e.rates.false_reject; });
  columns.add("status", status_of);
  columns.add("flags", flags_of);
  return columns.take();
}

matrix::Table verdict_table(const Comparability& found) {
  matrix::TableColumns<Verdict> columns("comparability_verdict", found.verdicts);
  columns.add("final_use", &Verdict::final_use);
  columns.add("endpoints", &Verdict::n_endpoints);
  columns.add("equivalent", &Verdict::n_equivalent);
  columns.add("different", &Verdict::n_different);
  columns.add("with_function", &Verdict::with_function);
  columns.add("result", [](const Verdict& v) { return word(v.outcome); });
  columns.add("verdict", &Verdict::text);
  return columns.take();
}

}  // namespace miura::comparability
