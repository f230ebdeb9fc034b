#include "miura/simulate/study.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/partition.hpp"
#include "miura/parallel/together.hpp"
#include "simulate/counts.hpp"
#include "simulate/files.hpp"
#include "simulate/hdf5_files.hpp"
#include "simulate/morphology.hpp"
#include "simulate/outcomes.hpp"
#include "simulate/output_folder.hpp"
#include "simulate/populations.hpp"
#include "simulate/transcriptome.hpp"

namespace miura::simulate {

namespace {

namespace fs = std::filesystem;

/// Refuses what cannot be; fills in the format.
Options checked(Options o) {
  const auto refuse = [](const std::string& why) { throw UsageError("simulate: " + why); };
  if (o.modality != "rna" && o.modality != "image")
    refuse(fmt::format("modality '{}' is not known (rna, image)", o.modality));
  const std::set<std::string_view> formats = o.modality == "rna"
                                                 ? std::set<std::string_view>{"mtx", "h5", "h5ad", "mixed"}
                                                 : std::set<std::string_view>{"table"};
  if (o.format.empty()) o.format = o.modality == "rna" ? "mtx" : "table";
  if (!formats.contains(o.format))
    refuse(fmt::format("format '{}' does not go with modality {}", o.format, o.modality));
  const auto between = [&](std::string_view name, auto value, auto low, auto high) {
    if (!(value >= low && value <= high)) refuse(fmt::format("{} is {} to {}, not {}", name, low, high, value));
  };
  between("--lots-bm", o.lots_bm, 1, 10'000);
  between("--lots-bm-test", o.lots_bm_test, 0, 10'000);
  between("--lots-ad", o.lots_ad, 0, 10'000);
  between("--lots-uc", o.lots_uc, 0, 10'000);
  between("--pairs", o.pairs, 0, 10'000);
  between("--change", o.change, 0.01, 10.0);
  between("--cells-per-lot", o.cells_per_lot, 1, 10'000'000);
  between("--umi", o.umi, 50, 1'000'000);
  between("--genes", o.genes, 500, 100'000);
  between("--rho", o.rho, -1.0, 1.0);
  between("--effect", o.effect, 0.0, 10.0);
  between("--batch", o.batch, 0.0, 10.0);
  return o;
}

/// Draws lots and writes them in the format that is their turn.
class LotWriter {
public:
  LotWriter(const Options& options, const Populations& populations) : options_(options), populations_(populations) {
    if (options.modality == "rna")
      transcriptome_ = make_transcriptome(options, populations);
    else
      features_ = morphology_features();
  }

  /// Where lot number `index` goes, as the sample sheet says.
  struct File {
    std::string path, format;
    CellRanger layout = CellRanger::v3;  ///< of a matrix folder
  };
  File file_of(std::int64_t index, const std::string& lot) const {
    static constexpr std::string_view turns[] = {"mtx", "old mtx", "h5", "h5ad"};
    const auto format = options_.format == "mixed" ? turns[index % 4] : std::string_view(options_.format);
    if (format == "table") return {"data/" + lot + ".csv.gz", "table"};
    if (format == "h5") return {"data/" + lot + "_filtered_feature_bc_matrix.h5", "h5"};
    if (format == "h5ad") return {"data/" + lot + ".h5ad", "h5ad"};
    return {"data/" + lot, "mtx", format == "mtx" ? CellRanger::v3 : CellRanger::v2};
  }

  DrawnLot write(const fs::path& folder, std::int64_t index, const LotPlan& lot) const {
    const auto file = file_of(index, lot.id);
    const auto path = folder / file.path;
    if (!transcriptome_) {
      auto drawn = draw_morphology(options_, populations_, lot);
      write_feature_table(path, features_, drawn.cells);
      return drawn;
    }
    auto drawn = draw_counts(options_, populations_, *transcriptome_, lot);
    if (file.format == "h5")
      write_10x_h5(path, transcriptome_->genes, drawn.cells);
    else if (file.format == "h5ad")
      write_h5ad(path, lot.id, transcriptome_->genes, drawn.cells);
    else
      write_matrix_folder(path, file.layout, transcriptome_->genes, drawn.cells);
    return drawn;
  }

private:
  const Options& options_;
  const Populations& populations_;
  std::optional<Transcriptome> transcriptome_;
  matrix::Features features_;
};

/// What the truth tables hold of all lots; numbers are sums over ranks, each lot being counted by one.
struct Tally {
  std::vector<std::int64_t> good_of_state;  // n_lots x n_states
  std::vector<std::int64_t> n_good;         // per lot
  std::int64_t n_nonzeros = 0;
  std::string cells;  // rows of truth/cells.tsv
};

void add(Tally& tally, const Populations& populations, std::int64_t index, const LotPlan& lot, const DrawnLot& drawn) {
  for (const auto& cell : drawn.truth) {
    const auto state = cell.state < 0 ? std::string_view("NA") : populations.state[cell.state].name;
    tally.cells += fmt::format("{}\t{}\t{}\t{}\n", lot.id, cell.barcode, name_of(cell.holds), state);
    if (cell.holds != CellClass::good) continue;
    ++tally.n_good[index];
    ++tally.good_of_state[index * populations.size() + cell.state];
  }
  tally.n_nonzeros += drawn.cells.counts.n_nonzeros();
}

Tally write_lots(MPI_Comm comm, const Populations& populations, const std::vector<LotPlan>& lots,
                 const LotWriter& writer, const fs::path& folder) {
  const auto n_lots = std::ssize(lots);
  const auto share = parallel::Partition::even(n_lots, parallel::size_of(comm));
  const int rank = parallel::rank_of(comm);
  Tally tally;
  tally.good_of_state.assign(static_cast<std::size_t>(n_lots * populations.size()), 0);
  tally.n_good.assign(static_cast<std::size_t>(n_lots), 0);
  parallel::together(comm, [&] {
    log::Progress progress("simulate", share.n_local(rank));
    for (auto i = share.begin(rank); i < share.end(rank); ++i) {
      add(tally, populations, i, lots[i], writer.write(folder, i, lots[i]));
      progress.advance(1);
    }
  });
  parallel::sum_over_ranks(comm, tally.good_of_state);
  parallel::sum_over_ranks(comm, tally.n_good);
  tally.n_nonzeros = parallel::sum_over_ranks(comm, tally.n_nonzeros);
  const auto all = parallel::gather_everywhere<char>(comm, tally.cells);  // lots are in the order of ranks
  tally.cells.assign(all.begin(), all.end());
  return tally;
}

std::string sample_sheet(const Options& options, const std::vector<LotPlan>& lots, const LotWriter& writer,
                         const std::vector<Outcome>& outcomes) {
  std::string sheet = "lot,path,format,source,role,donor,sex,chemistry";
  if (options.pairs > 0) sheet += ",process,pair";
  for (const auto& outcome : outcomes) sheet += ',' + outcome.name;
  sheet += '\n';
  const std::array<std::string_view, 2> kits = options.modality == "rna"
                                                   ? std::array<std::string_view, 2>{"v3", "v2"}
                                                   : std::array<std::string_view, 2>{"kitA", "kitB"};
  for (std::int64_t i = 0; i < std::ssize(lots); ++i) {
    const auto& lot = lots[i];
    const auto file = writer.file_of(i, lot.id);
    sheet += fmt::format("{},{},{},{},{},{},{},{}", lot.id, file.path, file.format, source_names[lot.source], lot.role,
                         lot.donor, lot.sex, kits[lot.chemistry]);
    if (options.pairs > 0) sheet += fmt::format(",{},{}", lot.process, lot.pair);
    for (const auto& outcome : outcomes) sheet += fmt::format(",{}", outcome.value[i]);
    sheet += '\n';
  }
  return sheet;
}

std::string study_config(const Options& options, const std::vector<Outcome>& outcomes) {
  std::string names;
  for (const auto& outcome : outcomes) names += (names.empty() ? "" : ", ") + outcome.name;
  return fmt::format("[study]\nsamples = samples.csv\n{}\n[association]\noutcomes = {}\nprimary = {}\n",
                     options.modality == "image" ? "\n[normalize]\nmethod = zscore\n" : "", names, outcomes[0].name);
}

std::string fraction_table(const Populations& populations, const std::vector<LotPlan>& lots, const Tally& tally,
                           const Summary& summary) {
  std::string table = "lot\tsource\trole\tn_barcodes\tn_good";
  for (const auto& name : summary.state) table += "\ttrue_" + name;
  for (const auto& name : summary.state) table += "\tdesign_" + name;
  table += '\n';
  const auto n_states = populations.size();
  for (std::int64_t i = 0; i < std::ssize(lots); ++i) {
    const auto& lot = lots[i];
    table +=
        fmt::format("{}\t{}\t{}\t{}\t{}", lot.id, source_names[lot.source], lot.role, lot.n_barcodes, tally.n_good[i]);
    for (std::int32_t k = 0; k < n_states; ++k) table += fmt::format("\t{:.6f}", summary.fraction[i * n_states + k]);
    for (std::int32_t k = 0; k < n_states; ++k) table += fmt::format("\t{:.6f}", lot.design[k]);
    table += '\n';
  }
  return table;
}

std::string parameters(const Options& o, const Populations& populations, const Summary& summary) {
  nlohmann::ordered_json json;
  json["options"] = {{"modality", o.modality},
                     {"format", o.format},
                     {"lots_bm", o.lots_bm},
                     {"lots_bm_test", o.lots_bm_test},
                     {"lots_ad", o.lots_ad},
                     {"lots_uc", o.lots_uc},
                     {"pairs", o.pairs},
                     {"change", o.change},
                     {"cells_per_lot", o.cells_per_lot},
                     {"genes", o.genes},
                     {"umi", o.umi},
                     {"null", o.null},
                     {"rho", o.rho},
                     {"effect", o.effect},
                     {"batch", o.batch},
                     {"seed", o.seed}};
  json["states"] = summary.state;
  json["functional_state"] = summary.functional_state;
  auto ties = nlohmann::ordered_json::object();
  if (!o.null) {
    ties["vegf_ischemia"] = summary.functional_state;
    ties["vegf_normoxia"] = summary.functional_state;
    ties["ido_activity"] = populations.state[populations.immune].name;
  }
  json["outcome_follows_state"] = ties;
  json["n_barcodes"] = summary.n_barcodes;
  json["n_good"] = summary.n_good;
  json["n_nonzeros"] = summary.n_nonzeros;
  json["spearman_functional_vegf_ischemia_train"] = summary.rho_functional;  // null where it has no value
  return json.dump(1) + '\n';
}

Summary summarise(const Populations& populations, const std::vector<LotPlan>& lots, const Tally& tally) {
  Summary summary;
  for (const auto& state : populations.state) summary.state.emplace_back(state.name);
  summary.functional_state = populations.state[populations.functional].name;
  const auto n_states = populations.size();
  for (std::int64_t i = 0; i < std::ssize(lots); ++i) {
    summary.lot.push_back(lots[i].id);
    summary.n_barcodes += lots[i].n_barcodes;
    summary.n_good += tally.n_good[i];
    const auto n = static_cast<double>(std::max<std::int64_t>(1, tally.n_good[i]));
    for (std::int32_t k = 0; k < n_states; ++k)
      summary.fraction.push_back(static_cast<double>(tally.good_of_state[i * n_states + k]) / n);
  }
  summary.n_nonzeros = tally.n_nonzeros;
  return summary;
}

std::vector<double> functional_fraction(const Populations& populations, const Summary& summary) {
  std::vector<double> fraction;
  for (std::size_t i = 0; i < summary.lot.size(); ++i)
    fraction.push_back(summary.fraction[i * summary.state.size() + populations.functional]);
  return fraction;
}

}  // namespace

Summary write_study(MPI_Comm comm, const Options& given) {
  const auto options = checked(given);
  const bool first = parallel::rank_of(comm) == 0;
  const OutputFolder output(options.out);
  parallel::together(comm, [&] {
    if (first) output.open("study", {"data", "truth"});
  });
  const auto populations = options.modality == "rna" ? stromal_states() : morphological_states();
  const auto lots = plan_lots(options, populations);
  const LotWriter writer(options, populations);
  const auto tally = write_lots(comm, populations, lots, writer, output.partial());
  auto summary = summarise(populations, lots, tally);
  const auto outcomes = draw_outcomes(options, populations, lots, summary.fraction);
  summary.rho_functional = spearman(of_training_lots(lots, functional_fraction(populations, summary)),
                                    of_training_lots(lots, outcomes[0].value));
  parallel::together(comm, [&] {
    if (!first) return;
    const auto folder = output.partial();
    write_file(folder / "samples.csv", sample_sheet(options, lots, writer, outcomes));
    write_file(folder / "truth/cells.tsv.gz", gzip("lot\tbarcode\tclass\tstate\n" + tally.cells));
    write_file(folder / "truth/fractions.tsv", fraction_table(populations, lots, tally, summary));
    write_file(folder / "truth/params.json", parameters(options, populations, summary));
    write_file(folder / "study.ini", study_config(options, outcomes));
    output.publish({"data", "truth", "samples.csv", "study.ini"});  // study.ini makes it a study
  });
  return summary;
}

}  // namespace miura::simulate
