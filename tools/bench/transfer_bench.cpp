// Maps the lots of a planted study that are not for training onto those that are, by their true states:
//
//   transfer_bench SAMPLES.csv TRUTH/cells.tsv.gz OUT.tsv [anchor | compressed]
//
// Prints CPU seconds and the largest resident set; OUT.tsv (lot, barcode, cluster, label) goes to the study's score.py.
#include <mpi.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "miura/input/cells.hpp"
#include "miura/input/delimited.hpp"
#include "miura/input/sample_sheet.hpp"
#include "miura/normalize/log_normalize.hpp"
#include "miura/normalize/variable_genes.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/qc/filter.hpp"
#include "miura/transfer/rejection.hpp"

namespace {

using namespace miura;

/// Of this process.
double cpu_s() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double peak_mb() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_maxrss) / 1024;
}

/// State of (lot, barcode); barcodes without a state are left out.
std::map<std::pair<std::string, std::string>, std::string> read_states(const std::string& file) {
  std::map<std::pair<std::string, std::string>, std::string> state;
  input::DelimitedText text({.file = file});
  for (auto row = text.next(); row; row = text.next())
    if ((*row)[3] != "NA" && !(*row)[3].empty()) state[{std::string((*row)[0]), std::string((*row)[1])}] = (*row)[3];
  return state;
}

matrix::Embedding rows_of(MPI_Comm comm, const matrix::Embedding& all, const std::vector<std::int64_t>& rows) {
  matrix::Embedding some{parallel::Partition::from_local(comm, std::ssize(rows)), all.n_dims, {}};
  for (const auto i : rows) {
    const auto row = all.row(i);
    some.value.insert(some.value.end(), row.begin(), row.end());
  }
  return some;
}

struct Study {
  matrix::Lots lots;
  matrix::DistributedCells cells;
  std::int32_t n_features = 0;
};

Study read_study(MPI_Comm comm, const std::string& samples) {
  Study study{.lots = input::read_sample_sheet(samples), .cells = {}};
  auto read = input::read_cells(comm, study.lots, {});
  const auto n_lots = static_cast<std::int32_t>(std::ssize(study.lots));
  qc::filter_cells(comm, read.lots, n_lots, read.features, {});
  study.cells = matrix::distribute(comm, std::move(read.lots), n_lots, read.features.size());
  qc::filter_genes(comm, study.cells.mine, read.features, {});
  study.n_features = read.features.size();
  return study;
}

void run(MPI_Comm comm, const std::vector<std::string>& argument) {
  const auto study = read_study(comm, argument[0]);
  auto state = read_states(argument[1]);
  std::vector<std::string> names;
  for (const auto& entry : state) names.push_back(entry.second);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());

  const auto& mine = study.cells.mine;
  std::vector<std::vector<std::int64_t>> rows(study.lots.size());
  std::vector<std::int64_t> reference_rows;
  std::vector<std::uint8_t> training(mine.n_cells());
  transfer::Reference reference;
  for (std::int64_t i = 0; i < mine.n_cells(); ++i) {
    const auto& lot = study.lots[mine.lot[i]];
    const auto known = state.find({lot.id, mine.barcode[i]});
    training[i] = lot.role == "train" && known != state.end();
    if (!training[i]) {
      rows[mine.lot[i]].push_back(i);
      continue;
    }
    reference_rows.push_back(i);
    reference.lot.push_back(mine.lot[i]);
    reference.label.push_back(
        static_cast<std::int32_t>(std::ranges::lower_bound(names, known->second) - names.begin()));
  }
  const auto variable = normalize::variable_genes(comm, study.cells, study.n_features, training,
                                                  std::vector<std::int32_t>(study.lots.size()), {});
  const auto grid = normalize::log_normalize_on_grid(study.cells, study.n_features, variable.selected, {});
  const auto model = pca::fit(comm, grid, training, {});
  const auto scores = pca::project(comm, grid, model);

  transfer::MapOptions options;
  if (argument.size() > 3 && argument[3] == "compressed") options.mode = transfer::Mode::compressed;
  double start = cpu_s();
  const auto lap = [&](const char* what, std::int64_t cells) {
    const double now = cpu_s();
    if (parallel::rank_of(comm) == 0)
      std::printf("%-12s %7ld cells %8.2f CPU s on rank 0, peak %.0f MB\n", what, cells, now - start, peak_mb());
    start = now;
  };
  const auto expression = transfer::dense_features(grid, transfer::filter_features(model, options.dims));
  reference.scores = rows_of(comm, scores, reference_rows);
  reference.expression = rows_of(comm, expression, reference_rows);
  reference.n_labels = static_cast<std::int32_t>(std::ssize(names));
  reference.n_lots = static_cast<std::int32_t>(std::ssize(study.lots));
  const auto prepared = transfer::prepare(comm, reference, options);
  lap("reference", reference.scores.points.size());

  std::ofstream out(argument[2]);  // meant for one rank
  out << "lot\tbarcode\tcluster\tlabel\tmapping_score\tknn_dist\tp_outlier\tstatus\n";
  for (std::size_t i = 0; i < reference_rows.size(); ++i)
    out << study.lots[reference.lot[i]].id << '\t' << mine.barcode[reference_rows[i]] << '\t'
        << names[reference.label[i]] << "\t\t\t\t\t\n";
  std::vector<transfer::Mapping> mapped;
  for (std::size_t l = 0; l < rows.size(); ++l) {
    if (study.lots[l].role == "train") continue;
    const transfer::Query query{rows_of(comm, scores, rows[l]), rows_of(comm, expression, rows[l])};
    mapped.push_back(transfer::map_lot(comm, prepared, query, options));
    lap(study.lots[l].id.c_str(), query.scores.points.size());
  }
  const auto held_out = transfer::leave_one_lot_out(comm, reference, options);
  const transfer::Calibration calibration(comm, held_out, reference.lot, reference.n_lots, {});
  lap("calibration", calibration.n_cells());
  for (std::size_t l = 0, m = 0; l < rows.size(); ++l) {
    if (study.lots[l].role == "train") continue;
    auto& mapping = mapped[m++];
    const auto verdict = transfer::reject(comm, mapping, calibration, {});
    if (parallel::rank_of(comm) == 0)
      std::printf("%-12s outside %.4f p %.3f unassigned %ld\n", study.lots[l].id.c_str(), verdict.share_outside,
                  verdict.p_share, verdict.n_unassigned);
    for (std::int64_t i = 0; i < mapping.n_cells(); ++i)
      out << study.lots[l].id << '\t' << mine.barcode[rows[l][i]] << "\t\t"
          << (mapping.label[i] < 0 ? "unassigned" : names[mapping.label[i]]) << '\t' << mapping.mapping_score[i] << '\t'
          << mapping.knn_dist[i] << '\t' << mapping.p_outlier[i] << '\t' << transfer::word_for(mapping.status[i])
          << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  const std::vector<std::string> argument(argv + 1, argv + argc);
  if (argument.size() < 3) {
    std::fprintf(stderr, "transfer_bench SAMPLES.csv TRUTH/cells.tsv.gz OUT.tsv [anchor | compressed]\n");
    MPI_Abort(MPI_COMM_WORLD, 64);
  }
  run(MPI_COMM_WORLD, argument);
  MPI_Finalize();
}
