/// write_pages FOLDER [CELLS ...]: the example pages that check_page.py reads, and that a person may look at; or pages
/// with so many cells and 16 genes, to see how large and how quick they are.
#include <filesystem>
#include <string>

#include "miura/report/whole_file.hpp"
#include "report/planted_comparison.hpp"
#include "report/planted_evidence.hpp"
#include "report/planted_mining.hpp"
#include "report/planted_report.hpp"

int main(int argc, char** argv) {
  using namespace miura::report;
  const std::filesystem::path folder = argc > 1 ? argv[1] : ".";
  std::filesystem::create_directories(folder);
  for (int i = 2; i < argc; ++i)
    write_whole_file(folder / (std::string(argv[i]) + "_cells.html"),
                     render_html(planted::with_cells(std::stoll(argv[i]))));
  if (argc > 2) return 0;
  write_whole_file(folder / "declared.html", render_html(planted::report(0.8)));
  write_whole_file(folder / "nothing_declared.html", render_html(planted::report(0)));
  write_whole_file(folder / "hostile.html", render_html(planted::hostile_report()));
  write_whole_file(folder / "new_lots.html", render_html(planted::new_lots()));
  write_whole_file(folder / "comparison.html", render_comparison(planted::comparison()));
  write_whole_file(folder / "mining.html", render_mining(planted::mining()));
  write_whole_file(folder / "differential.html", render_differential(planted::two_groups()));
  write_whole_file(folder / "enrichment.html", render_enrichment(planted::gene_sets()));
  write_whole_file(folder / "empty.html", render_html({}));
}
