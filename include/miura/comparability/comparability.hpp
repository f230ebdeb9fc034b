#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "miura/comparability/equivalence.hpp"
#include "miura/matrix/composition.hpp"
#include "miura/matrix/lots.hpp"
#include "miura/matrix/table.hpp"

namespace miura::comparability {

inline constexpr std::int32_t fewest_lots = 3;  ///< on a side; with fewer nothing is declared

/// An attribute declared beforehand whose change would matter for a use of the product.
struct Endpoint {
  enum class Kind { share, marker, outcome, components };
  std::string final_use;  ///< what the product is for; endpoints of one use are judged together
  std::string name;
  Kind kind = Kind::share;
  std::vector<double> value;  ///< of each lot, on the scale where differences count (logit, log); NaN: missing
  std::int32_t width = 1;     ///< of components: numbers a lot, value being lots x width
  double margin = std::numeric_limits<double>::quiet_NaN();  ///< fixed beforehand; NaN: fall back
  std::string margin_from = {};  ///< the outcome that the margin was derived from; empty: it was given
};

/// log((c + 1/2) / (N - c + 1/2)) of one cluster in each lot; NaN for a lot without cells.
std::vector<double> logit_shares(const matrix::Composition& composition, std::int32_t cluster);

/// Which lots are compared.
struct Sides {
  std::vector<std::int32_t> before, after;
  std::vector<std::int32_t> others;  ///< neither: their spread gives a margin where none was fixed
};

struct ComparabilityOptions {
  double alpha = 0.05;           ///< of each one-sided test; all endpoints must pass, so none is corrected
  double fallback_margin = 1.5;  ///< in standard deviations of the other lots; a convention, no standard
  std::vector<std::string> measured_functions = {};  ///< outcomes of these lots, for the verdict that compares none
};

/// One endpoint before and after.
struct EndpointResult {
  enum class Outcome { equivalent, different, undecided, descriptive };
  Endpoint endpoint;
  /// Of components: the difference is the distance of the means in standard deviations, p_upper its test against the
  /// margin; there is no p_lower, standard_error or sd.
  Equivalence test;
  ErrorRates rates;  ///< at these numbers of lots, with the spread of the other lots if known, else of these
  bool paired = false, fallback = false, unpaired_left_out = false, pairs_ignored = false;
  Outcome outcome = Outcome::undecided;
};

struct Verdict {
  std::string final_use;
  std::int32_t n_endpoints = 0, n_equivalent = 0, n_different = 0;
  bool with_function = false;  ///< an outcome is among the endpoints
  bool only_function = false;  ///< and nothing else is
  EndpointResult::Outcome outcome = EndpointResult::Outcome::undecided;
  std::string text;  ///< for a person; never says more than "similar in the observed attributes"
};

struct Comparability {
  std::vector<EndpointResult> endpoints;
  std::vector<Verdict> verdicts;  ///< one per final use, in order of appearance
};

/// Whether lots after a change of the process are equivalent to those before (ICH Q5E), by two one-sided tests of every
/// endpoint; those of one use must all pass (intersection-union, Berger 1982). Paired where every lot after the change
/// with a value shares a pair id with one lot before, Welch otherwise; components by distance_equivalence(), which sees
/// no pairs. Not equivalent and p_difference <= alpha is "different"; neither is "undecided"; fewer than 3 lots on a
/// side (or pairs), no variance or no margin is "descriptive". A pair id that two lots of a side have is an InputError.
/// Not collective.
Comparability compare_lots(const matrix::Lots& lots, const Sides& sides, std::span<const Endpoint> endpoints,
                           const ComparabilityOptions& options);

/// The table `comparability`, a row an endpoint.
matrix::Table comparability_table(const Comparability& found);
/// The table `comparability_verdict`, a row a final use.
matrix::Table verdict_table(const Comparability& found);

}  // namespace miura::comparability
