#pragma once

#include <mpi.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "miura/matrix/cells.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::planted {

/// Counts with a label each, of all cells.
struct Labelled {
  std::vector<std::int32_t> label;
  std::vector<std::vector<std::uint32_t>> count;

  std::int32_t n_genes() const { return count.empty() ? 0 : static_cast<std::int32_t>(std::ssize(count[0])); }
};

/// The part of one rank.
struct LabelledPart {
  matrix::DistributedCells cells;
  std::vector<std::int32_t> label;
};

inline LabelledPart part_of(MPI_Comm comm, const Labelled& all, const parallel::Partition& partition) {
  LabelledPart part{{partition, {}}, {}};
  const int rank = parallel::rank_of(comm);
  for (auto i = partition.begin(rank); i < partition.end(rank); ++i) {
    part.label.push_back(all.label[i]);
    part.cells.mine.lot.push_back(0);
    part.cells.mine.barcode.push_back(std::to_string(i));
    for (std::int32_t g = 0; g < all.n_genes(); ++g)
      if (all.count[i][g] > 0) part.cells.mine.counts.push(g, all.count[i][g]);
    part.cells.mine.counts.end_row();
  }
  return part;
}

inline LabelledPart part_of(MPI_Comm comm, const Labelled& all) {
  return part_of(comm, all, parallel::Partition::even(std::ssize(all.label), parallel::size_of(comm)));
}

/// Rows of numbers of a golden table.
inline std::vector<std::vector<double>> golden_rows(const std::string& name) {
  std::ifstream file(std::string(MIURA_TEST_DATA) + "/markers/" + name);
  std::vector<std::vector<double>> rows;
  for (std::string line, word; std::getline(file, line);) {
    auto& row = rows.emplace_back();
    for (std::istringstream words(line); words >> word;) row.push_back(std::stod(word));
  }
  return rows;
}

inline Labelled golden_cells() {
  Labelled all;
  for (const auto& row : golden_rows("counts.tsv")) {
    all.label.push_back(static_cast<std::int32_t>(row[0]));
    auto& counts = all.count.emplace_back();
    for (std::size_t g = 1; g < row.size(); ++g) counts.push_back(static_cast<std::uint32_t>(row[g]));
  }
  return all;
}

/// Many cells of few genes, some with more cells than a table of a sort's passes, some with huge counts.
inline Labelled many_cells(std::int64_t n, std::int32_t n_genes, std::int32_t n_clusters) {
  Labelled all;
  std::uint32_t h = 99;
  const auto next = [&] { return (h = h * 1664525U + 1013904223U) >> 8; };
  for (std::int64_t i = 0; i < n; ++i) {
    all.label.push_back(static_cast<std::int32_t>(next() % static_cast<std::uint32_t>(n_clusters + 1)) - 1);
    auto& row = all.count.emplace_back(n_genes);
    for (std::int32_t g = 0; g < n_genes; ++g)
      if (next() % static_cast<std::uint32_t>(g + 2) == 0)
        row[g] = next() % 50 == 0 ? 66'000 + next() % 10'000 : 1 + next() % 20;
  }
  return all;
}

inline float log_expression(std::uint32_t count, std::int64_t n_counts) {
  return static_cast<float>(std::log1p(1e4 * count / static_cast<double>(n_counts)));
}

}  // namespace miura::planted
