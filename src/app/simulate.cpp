#include <fmt/format.h>
#include <fmt/ostream.h>

#include "app/common_options.hpp"
#include "app/subcommand.hpp"
#include "miura/base/error.hpp"
#include "miura/simulate/bulk.hpp"
#include "miura/simulate/study.hpp"

namespace miura::app {

namespace {

/// What the user typed: `--bulk` makes a panel of lines in place of a study.
struct SimulateOptions {
  CommonOptions common;
  bool bulk = false, null = false;
  simulate::Options study;
  simulate::BulkOptions panel;
};

po::options_description describe(SimulateOptions& all_options) {
  auto& [common, bulk, null, o, panel] = all_options;
  po::options_description all("miura simulate --out DIR");
  all.add(describe(common));
  po::options_description study("Planted study");
  study.add_options()("modality", with_default(o.modality),
                      "rna (UMI counts) or image (a table of morphology features)")(
      "format", with_default(o.format), "rna: mtx, h5 or mixed; image: table; empty: mtx or table")(
      "lots-bm", with_default(o.lots_bm), "marrow lots with role train")("lots-bm-test", with_default(o.lots_bm_test),
                                                                         "marrow lots with role test")(
      "lots-ad", with_default(o.lots_ad), "fat lots with role query")("lots-uc", with_default(o.lots_uc),
                                                                      "cord lots with role query")(
      "pairs", with_default(o.pairs), "pairs of marrow lots before and after a change of the process, role process")(
      "change", with_default(o.change), "times the functional state's share after the change; 1: nothing changes")(
      "cells-per-lot", with_default(o.cells_per_lot), "mean number of barcodes a lot")("genes", with_default(o.genes),
                                                                                       "number of genes")(
      "umi", with_default(o.umi), "median UMI count of a good cell (newer kit; the older one counts 0.6 of it)")(
      "rho", with_default(o.rho),
      "Spearman's rho of the functional state's share and vegf_ischemia over training lots")(
      "effect", with_default(o.effect), "scale of the differences between states")(
      "batch", with_default(o.batch), "scale of the differences between lots");
  all.add(study);
  po::options_description lines("Planted panel of stem-cell lines (--bulk)");
  lines.add_options()("bulk", po::bool_switch(&bulk),
                      "bulk expression and qPCR of training and test lines, for miura mine")(
      "lines-train", with_default(panel.lines_train), "lines of the training set")(
      "lines-test", with_default(panel.lines_test), "lines of the test set")(
      "panel-genes", with_default(panel.genes), "number of genes")("panel-effect", with_default(panel.effect),
                                                                   "correlation of a true gene with what it follows")(
      "outcome-rho", with_default(panel.outcome_rho), "correlation between propensities")(
      "platform-r2", with_default(panel.platform_r2), "squared correlation of the two platforms");
  all.add(lines);
  po::options_description both("Both");
  both.add_options()("null", po::bool_switch(&null),
                     "nothing is planted: outcomes and cells, or genes, are independent");
  all.add(both);
  return all;
}

void write_panel(MPI_Comm comm, const SimulateOptions& o) {
  const auto made = simulate::write_bulk(comm, o.panel);
  if (o.common.quiet) return;
  print(comm, fmt::format(
                  "{}: {} + {} lines, {} genes ({} true), {} probes, {} promoters; Spearman of {} with ectoderm, "
                  "mesoderm and endoderm {:.2f}, {:.2f} and {:.2f} over training lines\nmine it with: miura mine {}\n",
                  o.panel.out.string(), o.panel.lines_train, o.panel.lines_test, made.n_genes, made.n_true,
                  made.n_array_probes, made.n_promoters, made.switch_gene, made.rho_switch[0], made.rho_switch[1],
                  made.rho_switch[2], (o.panel.out / "MINE.ini").string()));
}

void write_study(MPI_Comm comm, const SimulateOptions& o) {
  const auto made = simulate::write_study(comm, o.study);
  if (o.common.quiet) return;
  print(comm, fmt::format(
                  "{}: {} lots, {} barcodes, functional state {}, Spearman {:.2f} of its share with vegf_ischemia over "
                  "training lots\nrun it with: miura run {}\n",
                  o.study.out.string(), made.lot.size(), made.n_barcodes, made.functional_state, made.rho_functional,
                  (o.study.out / "study.ini").string()));
}

}  // namespace

int simulate(MPI_Comm comm, const std::vector<std::string>& arguments) {
  SimulateOptions o;
  o.common.seed = o.study.seed;
  const auto options = describe(o);
  auto configuration = configure(arguments, options, {});
  po::notify(configuration.values);
  if (o.common.help) {
    print(comm, fmt::format("{}", fmt::streamed(options)));
    return 0;
  }
  if (o.common.dump_config) throw UsageError("miura simulate has no configuration file to dump");
  apply(comm, o.common);
  if (o.common.out.empty()) throw UsageError("say where to: miura simulate --out DIR");
  o.study.out = o.panel.out = o.common.out;
  o.study.seed = o.panel.seed = o.common.seed;
  o.study.null = o.panel.null = o.null;
  o.bulk ? write_panel(comm, o) : write_study(comm, o);
  return 0;
}

}  // namespace miura::app
