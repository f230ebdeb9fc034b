#include <fmt/format.h>
#include <fmt/ostream.h>

#include "app/common_options.hpp"
#include "app/subcommand.hpp"
#include "miura/base/error.hpp"
#include "miura/simulate/study.hpp"

namespace miura::app {

namespace {

po::options_description describe(CommonOptions& common, simulate::Options& o) {
  po::options_description all("miura simulate --out DIR");
  all.add(describe(common));
  po::options_description study("Planted study");
  const auto with_default = [](auto& field) { return po::value(&field)->default_value(field); };
  study.add_options()("modality", with_default(o.modality),
                      "rna (UMI counts) or image (a table of morphology features)")(
      "format", with_default(o.format), "rna: mtx, h5 or mixed; image: table; empty: mtx or table")(
      "lots-bm", with_default(o.lots_bm), "marrow lots with role train")("lots-bm-test", with_default(o.lots_bm_test),
                                                                         "marrow lots with role test")(
      "lots-ad", with_default(o.lots_ad), "fat lots with role query")("lots-uc", with_default(o.lots_uc),
                                                                      "cord lots with role query")(
      "pairs", with_default(o.pairs), "pairs of marrow lots before and after a change of the process, role process")(
      "change", with_default(o.change), "times the functional state's share after the change; 1: nothing changes")(
      "cells-per-lot", with_default(o.cells_per_lot), "mean number of barcodes a lot")(
      "genes", with_default(o.genes), "number of genes")("null", po::bool_switch(&o.null),
                                                         "outcomes drawn without a look at any cell")(
      "rho", with_default(o.rho),
      "Spearman's rho of the functional state's share and vegf_ischemia over training lots")(
      "effect", with_default(o.effect), "scale of the differences between states")(
      "batch", with_default(o.batch), "scale of the differences between lots");
  all.add(study);
  return all;
}

}  // namespace

int simulate(MPI_Comm comm, const std::vector<std::string>& arguments) {
  CommonOptions common;
  simulate::Options o;
  common.seed = o.seed;
  const auto options = describe(common, o);
  auto configuration = configure(arguments, options, {});
  po::notify(configuration.values);
  if (common.help) {
    print(comm, fmt::format("{}", fmt::streamed(options)));
    return 0;
  }
  if (common.dump_config) throw UsageError("miura simulate has no configuration file to dump");
  apply(comm, common);
  if (common.out.empty()) throw UsageError("say where to: miura simulate --out DIR");
  o.out = common.out;
  o.seed = common.seed;
  const auto made = simulate::write_study(comm, o);
  if (common.quiet) return 0;
  print(comm, fmt::format(
                  "{}: {} lots, {} barcodes, functional state {}, Spearman {:.2f} of its share with vegf_ischemia over "
                  "training lots\nrun it with: miura run {}\n",
                  o.out.string(), made.lot.size(), made.n_barcodes, made.functional_state, made.rho_functional,
                  (o.out / "study.ini").string()));
  return 0;
}

}  // namespace miura::app
