#include "app/compare_options.hpp"

#include <fmt/format.h>

#include <cmath>

#include "miura/base/error.hpp"
#include "miura/comparability/distance_equivalence.hpp"
#include "miura/input/delimited.hpp"

namespace miura::app {

po::options_description describe(CompareOptions& o) {
  po::options_description all("miura compare RESULT");
  all.add(describe(o.common, "RESULT-comparison"));
  po::options_description study("Study");
  study.add_options()("result", po::value(&o.result), "result folder of miura run")(
      "mapped", po::value(&o.mapped)->composing(),
      "result folder of miura map of further lots onto that study; several times for several")(
      "partition", po::value(&o.partition),
      "integration,resolution,seed of the clusters, as in tables/composition.tsv; empty: the primary partition")(
      "samples", po::value(&o.sheet), "sample sheet: outcomes of the lots, and their pairs (column pair)")(
      "source", po::value(&o.source), "compare lots of this source alone, and with lots of it; empty: of all");
  all.add(study);
  po::options_description change("Before and after a change");
  change.add_options()("before", po::value(&o.before),
                       "process (column process of the sheet) before the change; empty: before, where lots have it")(
      "after", po::value(&o.after), "process after the change; empty: after, where lots have it")(
      "cluster", po::value(&o.clusters)->composing(), "cluster whose share matters; several times for several")(
      "marker", po::value(&o.markers)->composing(),
      "GENE or GENE:CLUSTER: gene whose expression (log2 of counts per million of a lot) in all cells, or in a cluster "
      "of the primary partition, matters; several times")("outcome", po::value(&o.outcomes)->composing(),
                                                          "outcome of the sample sheet that matters; several times; "
                                                          "none: the primary one of the study, if the sheet has it")(
      "components", with_default(o.components),
      "compare the composition as a whole, by so many (1 to 3) leading components of other lots; 0: not")(
      "margin", po::value(&o.margins)->composing(),
      "[USE:]NAME=VALUE: largest change that does not matter for a final use of the product: of a cluster (logit of "
      "its "
      "share), marker, outcome, or of components (standard deviations); fix it before looking")(
      "margin-from", po::value(&o.margins_from)->composing(),
      "[USE:]OUTCOME=AMOUNT: margins of clusters and markers are what moves this outcome by AMOUNT, by its regression "
      "over the training lots")("require", po::value(&o.requirements)->composing(),
                                "OUTCOME>=VALUE or OUTCOME<=VALUE: what a lot must reach; else the median of the lots");
  all.add(change);
  return all;
}

void check(const CompareOptions& o) {
  if (o.result.empty()) throw UsageError("no result: miura compare RESULT");
  if (o.before.empty() != o.after.empty()) throw UsageError("--before and --after go together");
  if (!o.before.empty() && o.before == o.after) throw UsageError("--before and --after are the same process");
  if (!o.before.empty() && !o.names_endpoint() && o.sheet.empty())
    throw UsageError("--before and --after need an endpoint: --cluster, --marker, --components or --outcome");
  if (!o.outcomes.empty() && o.sheet.empty()) throw UsageError("--outcome needs --samples SHEET");
  if (!o.margins_from.empty() && o.sheet.empty()) throw UsageError("--margin-from needs --samples SHEET");
  if (o.components < 0 || o.components > comparability::most_components)
    throw UsageError(fmt::format("--components is 0 to {}, not {}", comparability::most_components, o.components));
}

nlohmann::ordered_json settings_of(const CompareOptions& o) {
  return {{"mapped", o.mapped},
          {"partition", o.partition},
          {"source", o.source},
          {"before", o.before},
          {"after", o.after},
          {"cluster", o.clusters},
          {"marker", o.markers},
          {"outcome", o.outcomes},
          {"components", o.components},
          {"margin", o.margins},
          {"margin-from", o.margins_from},
          {"require", o.requirements},
          {"seed", o.common.seed}};
}

double number_of(const std::string& option, const std::string& typed, const std::string& text) {
  const auto value = input::parse_number(text);
  if (!value || !std::isfinite(*value))
    throw UsageError(fmt::format("{} {}: '{}' is not a number", option, typed, text));
  return *value;
}

}  // namespace miura::app
