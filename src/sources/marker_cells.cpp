#include "miura/sources/marker_cells.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <stdexcept>
#include <utility>

#include "miura/matrix/grid.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::sources {

namespace {

constexpr std::array sums{&MarkerCells::cells,      &MarkerCells::total,      &MarkerCells::count,
                          &MarkerCells::expressing, &MarkerCells::expression, &MarkerCells::histogram};

/// The marker of every column, -1 where it is none.
std::vector<std::int32_t> markers_by_column(std::span<const std::int32_t> column) {
  std::vector<std::int32_t> marker;
  for (std::int32_t m = 0; m < std::ssize(column); ++m) {
    if (column[m] < 0) continue;
    if (column[m] >= std::ssize(marker)) marker.resize(column[m] + 1, -1);
    if (std::exchange(marker[column[m]], m) >= 0) throw std::logic_error("two markers are the same gene");
  }
  return marker;
}

/// Adds a cell's count of a marker to one group of its lot.
void add_count(MarkerCells& to, std::int64_t at, std::uint32_t count, std::int64_t expression) {
  const auto bin = expression * MarkerCells::bins_per_unit / static_cast<std::int64_t>(matrix::grid_steps);
  to.count[at] += count;
  to.expressing[at] += 1;
  to.expression[at] += expression;
  to.histogram[at * MarkerCells::n_bins + std::min<std::int64_t>(bin, MarkerCells::n_bins - 1)] += 1;
}

/// A cell's counts of the markers, and of all genes.
struct CellCounts {
  std::int64_t total = 0;
  std::vector<std::pair<std::int32_t, std::uint32_t>> of_marker;

  void read(const matrix::CountRows& counts, std::int64_t cell, const std::vector<std::int32_t>& marker) {
    total = 0;
    of_marker.clear();
    counts.for_each(cell, [&](std::int32_t column, std::uint32_t count) {
      total += count;
      if (column < std::ssize(marker) && marker[column] >= 0) of_marker.emplace_back(marker[column], count);
    });
  }
};

}  // namespace

const char* name_of(Group group) {
  constexpr std::array names{"all", "declared", "other"};
  return names[static_cast<std::size_t>(group)];
}

MarkerCells::MarkerCells(std::int32_t markers, std::int32_t lots)
    : n_markers(markers),
      n_lots(lots),
      cells(std::int64_t{n_groups} * lots),
      total(cells.size()),
      count(std::int64_t{markers} * n_groups * lots),
      expressing(count.size()),
      expression(count.size()),
      histogram(count.size() * n_bins),
      missing(std::int64_t{markers} * lots) {}

MarkerCells& MarkerCells::operator+=(const MarkerCells& more) {
  if (more.n_markers != n_markers || more.n_lots != n_lots)
    throw std::logic_error("cells of other markers or lots cannot be added");
  for (const auto member : sums)
    std::ranges::transform(this->*member, more.*member, (this->*member).begin(), std::plus{});
  std::ranges::transform(missing, more.missing, missing.begin(), std::bit_or{});
  return *this;
}

MarkerCells MarkerCells::placed(std::span<const std::int32_t> place, std::int32_t n) const {
  MarkerCells more(n_markers, n);
  const auto copy = [&](const auto& from, auto& to, std::int64_t rows, std::int64_t width) {
    for (std::int64_t row = 0; row < rows; ++row)
      for (std::int64_t lot = 0; lot < n_lots; ++lot)
        if (place[lot] >= 0)
          std::copy_n(from.begin() + (row * n_lots + lot) * width, width, to.begin() + (row * n + place[lot]) * width);
  };
  copy(cells, more.cells, n_groups, 1);
  copy(total, more.total, n_groups, 1);
  for (const auto member : {&MarkerCells::count, &MarkerCells::expressing, &MarkerCells::expression})
    copy(this->*member, more.*member, std::int64_t{n_markers} * n_groups, 1);
  copy(histogram, more.histogram, std::int64_t{n_markers} * n_groups, n_bins);
  copy(missing, more.missing, n_markers, 1);
  return more;
}

MarkerCells count_markers(MPI_Comm comm, const matrix::DistributedCells& cells, std::span<const std::int32_t> label,
                          std::int32_t declared, std::span<const std::int32_t> column, std::int32_t n_lots,
                          const normalize::LogNormalizeOptions& options) {
  const auto marker = markers_by_column(column);
  const auto n_markers = static_cast<std::int32_t>(std::ssize(column));
  MarkerCells found(n_markers, n_lots);
#pragma omp parallel
  {
    MarkerCells mine(n_markers, n_lots);
    CellCounts counts;
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < cells.mine.n_cells(); ++i) {
      counts.read(cells.mine.counts, i, marker);
      const auto lot = cells.mine.lot[i];
      for (const auto group : {Group::all, label[i] == declared ? Group::declared : Group::other}) {
        mine.cells[mine.at(group, lot)] += 1;
        mine.total[mine.at(group, lot)] += counts.total;
        for (const auto& [m, count] : counts.of_marker) {
          const auto expression = normalize::log_normalized(count, counts.total, options);
          add_count(mine, mine.at(m, group, lot), count, std::llrint(double{expression} * matrix::grid_steps));
        }
      }
    }
#pragma omp critical
    found += mine;
  }
  for (const auto member : sums) parallel::sum_over_ranks(comm, found.*member);
  for (std::int32_t m = 0; m < n_markers; ++m)
    for (std::int32_t l = 0; l < n_lots; ++l)
      if (column[m] < 0 && found.cells[found.at(Group::all, l)] > 0) found.missing[std::int64_t{m} * n_lots + l] = 1;
  return found;
}

}  // namespace miura::sources
