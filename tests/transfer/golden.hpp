#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "knn/points.hpp"
#include "miura/input/delimited.hpp"
#include "miura/transfer/cells.hpp"

/// Simulated cells with the answers of Seurat 4.3.0 (tests/data/transfer/ORIGIN.md). Every rank reads all of them.
namespace miura::transfer_test {

using knn::test::Cut;

/// A table of text.
struct Sheet {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> row;
};

inline Sheet read_sheet(const std::string& name) {
  input::DelimitedText text({.file = std::string(MIURA_TEST_DATA) + "/transfer/" + name});
  Sheet all;
  for (auto fields = text.next(); fields; fields = text.next()) {
    std::vector<std::string> row(fields->begin(), fields->end());
    if (all.header.empty())
      all.header = std::move(row);
    else
      all.row.push_back(std::move(row));
  }
  return all;
}

inline const Sheet& sheet(const std::string& name) {
  static std::map<std::string, Sheet> read;
  const auto found = read.find(name);
  return found != read.end() ? found->second : read.emplace(name, read_sheet(name)).first->second;
}

inline std::vector<double> numbers(const Sheet& s, std::size_t first_column) {
  std::vector<double> all;
  for (const auto& row : s.row)
    for (auto c = first_column; c < row.size(); ++c) all.push_back(*input::parse_number(row[c]));
  return all;
}

/// Principal component scores.
inline const std::vector<float>& golden_scores(const std::string& name) {
  static std::map<std::string, std::vector<float>> read;
  auto& all = read[name];
  if (all.empty())
    for (const double x : numbers(sheet(name), 0)) all.push_back(static_cast<float>(x));
  return all;
}

/// Log-normalised expression of the genes of the filter.
inline const std::vector<float>& golden_expression(const std::string& name) {
  static std::map<std::string, std::vector<float>> read;
  auto& all = read[name];
  if (!all.empty()) return all;
  for (const auto& row : sheet(name).row) {
    const double scale = 1e4 / *input::parse_number(row[1]);
    for (std::size_t g = 2; g < row.size(); ++g)
      all.push_back(static_cast<float>(std::log1p(scale * *input::parse_number(row[g]))));
  }
  return all;
}

/// T0 .. T3 are labels 0 .. 3; NOVEL is 4.
inline std::vector<std::int32_t> types(const Sheet& cells) {
  std::vector<std::int32_t> all;
  for (const auto& row : cells.row) all.push_back(row[0] == "NOVEL" ? 4 : row[0][1] - '0');
  return all;
}

inline constexpr std::int64_t n_reference = 480, n_query = 300;

inline transfer::Reference golden_reference(MPI_Comm comm, Cut how) {
  const auto& cells = sheet("reference_cells.csv.gz");
  const auto part = knn::test::cut(comm, n_reference, how);
  const auto from = part.begin(parallel::rank_of(comm)), to = part.end(parallel::rank_of(comm));
  const auto label = types(cells);
  transfer::Reference reference{
      .scores = knn::test::mine(comm, golden_scores("reference_scores.csv.gz"), n_reference, 30, how),
      .expression = knn::test::mine(comm, golden_expression("reference_cells.csv.gz"), n_reference, 160, how),
      .label = {label.begin() + from, label.begin() + to},
      .lot = {},
      .n_labels = 4,
      .n_lots = 6};
  for (auto i = from; i < to; ++i) reference.lot.push_back(static_cast<std::int32_t>(i % 6));
  return reference;
}

inline transfer::Query golden_query(MPI_Comm comm, Cut how) {
  return {.scores = knn::test::mine(comm, golden_scores("query_scores.csv.gz"), n_query, 30, how),
          .expression = knn::test::mine(comm, golden_expression("query_cells.csv.gz"), n_query, 160, how)};
}

/// Seurat's loadings as a model; its genes are numbered among those that vary.
inline pca::Model golden_model(std::vector<std::string>* genes = nullptr) {
  const auto& loadings = sheet("loadings.csv.gz");
  if (genes)
    for (const auto& row : loadings.row) genes->push_back(row[0]);
  const auto n = static_cast<std::int32_t>(std::ssize(loadings.row));
  pca::Model model{};
  model.n_features = n;
  model.n_components = 30;
  model.sd.assign(n, 1.0);
  model.loadings = numbers(loadings, 1);
  return model;
}

}  // namespace miura::transfer_test
