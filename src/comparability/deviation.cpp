#include "miura/comparability/deviation.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "miura/matrix/table_columns.hpp"
#include "miura/stats/median.hpp"

namespace miura::comparability {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double ties = 1e-12;  // distances, or their logarithms, that differ by less are the same
constexpr std::int32_t lots_enough = 5;

/// Upper tail of a new value in the t prediction distribution of `reference`; NaN where that does not vary or a value
/// is not finite.
double p_of_prediction(double value, std::span<const double> reference) {
  const auto n = static_cast<double>(std::ssize(reference));
  if (n < 2) return none;
  double mean = 0.0, squares = 0.0;
  for (const double x : reference) mean += x / n;
  for (const double x : reference) squares += (x - mean) * (x - mean);
  const double sd = std::sqrt(squares / (n - 1));
  const double t = (value - mean) / (sd * std::sqrt(1 + 1 / n));
  if (!(sd > ties) || !std::isfinite(t)) return none;
  return boost::math::cdf(boost::math::complement(boost::math::students_t(n - 1), t));
}

/// One lot against the others, all measured in the same set.
Deviation judge(std::int32_t lot, const std::string& statistic, double distance, std::span<const double> reference,
                bool logged) {
  Deviation found{.lot = lot, .statistic = statistic, .distance = distance};
  found.n_reference = static_cast<std::int32_t>(std::ssize(reference));
  found.median_reference = stats::median({reference.begin(), reference.end()});
  const auto as_far = std::ranges::count_if(reference, [&](double d) { return d >= distance * (1 - ties); });
  found.p_conformal = static_cast<double>(as_far + 1) / (found.n_reference + 1);
  std::vector<double> scaled(reference.begin(), reference.end());
  if (logged)
    for (double& d : scaled) d = std::log(d);
  found.p_t = p_of_prediction(logged ? std::log(distance) : distance, scaled);
  return found;
}

/// Adds a row for each lot with a vector. A reference lot is measured among the reference lots; any other with them.
void add_distances(const LotVectors& vectors, std::span<const std::uint8_t> is_reference,
                   std::vector<Deviation>& rows) {
  std::vector<std::int32_t> reference;
  for (std::int32_t l = 0; l < vectors.n_lots; ++l)
    if (is_reference[l] != 0 && vectors.known(l)) reference.push_back(l);
  const auto among = leave_one_out_distances(vectors, reference);
  for (std::size_t j = 0; j < reference.size() && reference.size() > 1; ++j) {
    auto others = among;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(j));
    rows.push_back(judge(reference[j], vectors.statistic, among[j], others, true));
  }
  if (reference.empty()) return;
  for (std::int32_t l = 0; l < vectors.n_lots; ++l) {
    if (is_reference[l] != 0 || !vectors.known(l)) continue;
    auto set = reference;
    set.push_back(l);
    const auto d = leave_one_out_distances(vectors, set);
    rows.push_back(judge(l, vectors.statistic, d.back(), std::span(d).first(reference.size()), true));
  }
}

void add_outside_shares(std::span<const double> share, std::span<const std::uint8_t> is_reference,
                        std::vector<Deviation>& rows) {
  const auto angle = [&](std::size_t l) { return std::asin(std::sqrt(share[l])); };
  for (std::size_t lot = 0; lot < share.size(); ++lot) {
    if (std::isnan(share[lot])) continue;
    std::vector<double> reference;
    for (std::size_t l = 0; l < share.size(); ++l)
      if (l != lot && is_reference[l] != 0 && !std::isnan(share[l])) reference.push_back(angle(l));
    if (!reference.empty())
      rows.push_back(judge(static_cast<std::int32_t>(lot), "outside_share", angle(lot), reference, false));
  }
}

}  // namespace

std::vector<double> leave_one_out_distances(const LotVectors& vectors, std::span<const std::int32_t> set) {
  std::vector<double> distance;
  std::vector<double> mean(vectors.width);
  const auto others = static_cast<double>(std::ssize(set) - 1);
  for (const auto lot : set) {
    std::ranges::fill(mean, 0.0);
    for (const auto other : set)
      if (other != lot)
        for (std::int32_t k = 0; k < vectors.width; ++k) mean[k] += vectors.of(other)[k];
    double square = 0.0;
    for (std::int32_t k = 0; k < vectors.width; ++k) {
      const double step = vectors.of(lot)[k] - mean[k] / others;
      square += step * step;
    }
    distance.push_back(others > 0 ? std::sqrt(square) : none);
  }
  return distance;
}

std::vector<Deviation> deviations(std::span<const LotVectors> statistics, std::span<const double> outside_share,
                                  std::span<const std::uint8_t> is_reference, const DeviationOptions& options) {
  std::vector<Deviation> rows;
  for (const auto& vectors : statistics) add_distances(vectors, is_reference, rows);
  add_outside_shares(outside_share, is_reference, rows);
  std::ranges::stable_sort(rows, {}, &Deviation::lot);
  for (auto first = rows.begin(); first != rows.end();) {
    const auto last = std::find_if(first, rows.end(), [&](const Deviation& d) { return d.lot != first->lot; });
    const auto looks = static_cast<double>(last - first);
    for (; first != last; ++first) {
      first->p_bonferroni = std::isnan(first->p_t) ? none : std::min(1.0, looks * first->p_t);
      first->alarm = first->p_bonferroni <= options.alpha;
    }
  }
  return rows;
}

matrix::Table deviation_table(std::span<const Deviation> rows, const matrix::Lots& lots) {
  matrix::TableColumns<Deviation> columns("deviation", rows);
  columns.add("lot", [&](const Deviation& row) { return lots[row.lot].id; });
  columns.add("source", [&](const Deviation& row) { return lots[row.lot].source; });
  columns.add("role", [&](const Deviation& row) { return lots[row.lot].role; });
  columns.add("statistic", &Deviation::statistic);
  columns.add("D", &Deviation::distance);
  columns.add("D_reference", &Deviation::median_reference);
  columns.add("p_conf", &Deviation::p_conformal);
  columns.add("p_t", &Deviation::p_t);
  columns.add("p_bonferroni", &Deviation::p_bonferroni);
  columns.add("n_ref", &Deviation::n_reference);
  columns.add("alarm", &Deviation::alarm);
  columns.add("status", [](const Deviation& row) { return row.n_reference < lots_enough ? "LOW_N" : "OK"; });
  columns.add("flags", [](const Deviation& row) { return std::isnan(row.p_t) ? "NO_SPREAD" : ""; });
  return columns.take();
}

}  // namespace miura::comparability
