#include "miura/enrichment/sign_scores.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <vector>

#include "enrichment/tested_sets.hpp"
#include "miura/stats/random.hpp"

namespace miura::enrichment {

namespace {

/// The differences, which gene each row is of, and s0.
struct SignedRows {
  std::int64_t n_lots = 0;
  std::vector<double> difference;  ///< rows x lots
  std::vector<double> squares;     ///< a row: sum of squares, which no flip changes
  std::vector<std::int32_t> gene;  ///< a row
  double offset = 0;

  std::int64_t n_rows() const noexcept { return std::ssize(gene); }
  double mean(std::int64_t row, std::span<const double> sign) const {
    double sum = 0;
    for (std::int64_t l = 0; l < n_lots; ++l) sum += sign[l] * difference[row * n_lots + l];
    return sum / static_cast<double>(n_lots);
  }
  double standard_error(std::int64_t row, double mean) const {
    const auto n = static_cast<double>(n_lots);
    return std::sqrt(std::max(0.0, squares[row] - n * mean * mean) / (n * (n - 1)));
  }
  void score(std::span<const double> sign, std::span<double> of_gene) const {
    std::ranges::fill(of_gene, 0.0);
    for (std::int64_t row = 0; row < n_rows(); ++row) {
      const double m = mean(row, sign), width = standard_error(row, m) + offset;
      const double d = width > 0 ? m / width : 0;
      if (std::abs(d) > std::abs(of_gene[gene[row]])) of_gene[gene[row]] = d;
    }
  }
};

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// Signs of the lots under flip b; number 0 is what was observed.
std::vector<double> signs_of(std::int64_t b, std::int64_t n_lots, bool all, std::uint64_t seed) {
  std::vector<double> sign(n_lots, 1.0);
  if (b == 0) return sign;
  stats::RandomStream random(seed, stats::Purpose::sign_flip, static_cast<std::uint64_t>(b));
  for (std::int64_t l = 0; l < n_lots; ++l)
    if (all ? ((b >> l) & 1) != 0 : (random() >> 31) != 0) sign[l] = -1;
  return sign;
}

}  // namespace

OutcomeScores sign_scores(const matrix::Measurements& differences, const SignFlips& flips) {
  const auto n_lots = differences.n_samples();
  if (n_lots < 2) throw std::logic_error("signs of fewer than two lots tell nothing");
  const Universe genes(differences.feature);
  auto rows = std::make_shared<SignedRows>();
  rows->n_lots = n_lots;
  rows->difference = differences.value;
  std::vector<double> errors;
  const std::vector<double> observed(n_lots, 1.0);
  for (std::int64_t row = 0; row < differences.n_features(); ++row) {
    double squares = 0;
    for (const auto d : differences.of(row)) squares += d * d;
    rows->squares.push_back(squares);
    rows->gene.push_back(genes.number.at(differences.feature[row]));
    errors.push_back(rows->standard_error(row, rows->mean(row, observed)));
  }
  rows->offset = median(std::move(errors));

  OutcomeScores scores;
  scores.observed.gene.assign(genes.gene.begin(), genes.gene.end());
  scores.observed.score.resize(genes.size());
  rows->score(observed, scores.observed.score);
  const bool all = n_lots < 62 && (std::int64_t{1} << n_lots) <= flips.draws + 1;
  scores.relabeled.n = all ? std::int64_t{1} << n_lots : flips.draws + 1;
  scores.relabeled.scores = [rows, all, seed = flips.seed](std::int64_t b, std::span<double> score) {
    rows->score(signs_of(b, rows->n_lots, all, seed), score);
  };
  return scores;
}

}  // namespace miura::enrichment
