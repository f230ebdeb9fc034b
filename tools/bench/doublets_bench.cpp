// Doublet and cell cycle scores of the cells of a sample sheet, after the default quality control, components of the
// training lots: doublets_bench SAMPLES.csv SCORES.tsv [COMPONENTS]. Prints CPU seconds. For doublets_rivals.py.
#include <mpi.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "miura/cellcycle/scores.hpp"
#include "miura/doublets/scores.hpp"
#include "miura/input/cells.hpp"
#include "miura/input/sample_sheet.hpp"
#include "miura/normalize/variable_genes.hpp"
#include "miura/qc/filter.hpp"

namespace {

using namespace miura;

double cpu_seconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

void run(MPI_Comm comm, const std::vector<std::string>& argument) {
  const auto lots = input::read_sample_sheet(argument[0]);
  const auto n_lots = static_cast<std::int32_t>(std::ssize(lots));
  auto read = input::read_cells(comm, lots, {});
  qc::filter_cells(comm, read.lots, n_lots, read.features, {});
  auto cells = matrix::distribute(comm, std::move(read.lots), n_lots, read.features.size());
  qc::filter_genes(comm, cells.mine, read.features, {});
  const auto n_genes = read.features.size();
  std::vector<std::uint8_t> reference;
  for (const auto lot : cells.mine.lot) reference.push_back(lots[lot].role == "train");
  std::vector<std::int32_t> batch(n_lots);
  for (std::int32_t l = 0; l < n_lots; ++l) batch[l] = l;
  const auto variable = normalize::variable_genes(comm, cells, n_genes, reference, batch, {});
  const auto x = normalize::log_normalize_on_grid(cells, n_genes, variable.selected, {});
  pca::Options options;
  if (argument.size() > 2) options.components = std::stoi(argument[2]);
  const auto model = pca::fit(comm, x, reference, options);
  const auto placed = pca::project(comm, x, model);

  const double before = cpu_seconds();
  std::vector<double> doublet(cells.mine.n_cells());
  const doublets::Projection projection{n_genes, variable.selected, {}, model};
  for (std::int32_t l = 0; l < n_lots; ++l) {
    std::vector<std::int64_t> run;
    for (std::int64_t i = 0; i < cells.mine.n_cells(); ++i)
      if (cells.mine.lot[i] == l) run.push_back(i);
    const auto scores = doublets::score(comm, cells, placed, {lots[l].id, run}, projection, {});
    for (std::size_t m = 0; m < run.size(); ++m) doublet[run[m]] = scores[m];
  }
  const double between = cpu_seconds();
  const auto cycle = cellcycle::score(comm, cells, read.features, cellcycle::human_genes(read.features), reference,
                                      std::vector<std::vector<std::int32_t>>(lots.size()), {});
  std::printf("%ld cells: doublets %.1f CPU s, cell cycle %.1f CPU s\n", static_cast<long>(cells.mine.n_cells()),
              between - before, cpu_seconds() - between);
  std::ofstream out(argument[1]);  // meant for one rank
  out << "lot\tbarcode\tdoublet_score\ts_score\tg2m_score\n";
  for (std::int64_t i = 0; i < cells.mine.n_cells(); ++i) {
    out << lots[cells.mine.lot[i]].id << '\t' << cells.mine.barcode[i] << '\t' << doublet[i] << '\t' << cycle.s[i]
        << '\t' << cycle.g2m[i] << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  if (argc < 3) return EXIT_FAILURE;
  run(MPI_COMM_WORLD, {argv + 1, argv + argc});
  MPI_Finalize();
}
