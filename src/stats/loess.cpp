#include "miura/stats/loess.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace miura::stats {

namespace {

/// The points in ascending order of x (ties in the order of the input).
struct SortedPoints {
  std::vector<double> x, y;
};

/// A local fit where it is made.
struct Vertex {
  double x = 0, value = 0, slope = 0;
};

/// A part of the line: the points [first, last] lie in it, between two vertices.
struct Cell {
  std::int64_t first, last;
  double lower, upper;
};

/// The point at which a cell is cut in two (points up to it go to the lower part): the middle one, or with ties the
/// nearest to it that differs from its upper neighbor.
std::int64_t cut_of(const std::vector<double>& x, const Cell& cell) {
  const auto middle = (cell.first + cell.last) / 2;
  for (std::int64_t offset = 0; middle + offset < cell.last && middle + offset >= cell.first;) {
    if (x[middle + offset] != x[middle + offset + 1]) return middle + offset;
    offset = -offset;
    if (offset >= 0) ++offset;  // 0, 1, -1, 2, -2 ...
  }
  return middle;
}

/// Where local fits are made, ascending: both ends, half a per cent beyond the points, and the cuts of the k-d tree,
/// whose cells hold at most `most` points.
std::vector<double> vertices(const std::vector<double>& x, std::int64_t most) {
  const double low = x.front(), high = x.back();
  const double margin = 0.005 * std::max(high - low, 1e-10 * std::max(std::abs(low), std::abs(high)) + 1e-30);
  std::vector<double> at{low - margin, high + margin};
  std::vector<Cell> open{{0, std::ssize(x) - 1, at[0], at[1]}};
  while (!open.empty()) {
    const auto cell = open.back();
    open.pop_back();
    if (cell.last - cell.first + 1 <= most || cell.upper <= cell.lower) continue;
    const auto cut = cut_of(x, cell);
    if (x[cut] == cell.lower || x[cut] == cell.upper) continue;
    at.push_back(x[cut]);
    open.push_back({cell.first, cut, cell.lower, x[cut]});
    open.push_back({cut + 1, cell.last, x[cut], cell.upper});
  }
  std::ranges::sort(at);
  at.erase(std::unique(at.begin(), at.end()), at.end());
  return at;
}

/// The points near q that count in a local fit, as [first, end), and the distance at which their weight falls to 0.
struct Neighborhood {
  std::int64_t first, end;
  double radius;
};

/// The nearest `how_many` points; more where a parabola needs it: three distinct x within the radius.
Neighborhood nearest(const std::vector<double>& x, double q, std::int64_t how_many) {
  const auto n = std::ssize(x);
  const auto start = std::ranges::lower_bound(x, q) - x.begin();
  Neighborhood near{start, start, 0.0};
  int distinct = 0, inside = 0;  // x values so far; those nearer than the radius
  while (near.end - near.first < n && (near.end - near.first < how_many || inside < 3)) {
    const double below = near.first > 0 ? q - x[near.first - 1] : HUGE_VAL;
    const double above = near.end < n ? x[near.end] - q : HUGE_VAL;
    if (std::min(below, above) > near.radius) inside = distinct;
    near.radius = std::min(below, above);
    if (below <= above) {
      --near.first;
      distinct += near.first + 1 == start || x[near.first] != x[near.first + 1] ? 1 : 0;
    } else {
      ++near.end;
      distinct += near.end - 1 == start || x[near.end - 1] != x[near.end - 2] ? 1 : 0;
    }
  }
  if (inside < 3) near.radius = near.radius > 0 ? 2 * near.radius : 1.0;  // all points are in: none stays on the rim
  return near;
}

/// What is left of a column after orthogonalisation, over what it was, in squares: below, it is rounding. The bound of
/// the netlib code for singular values, squared.
constexpr double nothing = (100 * 0x1p-52) * (100 * 0x1p-52);

/// Weighted least squares with polynomials that are orthogonal under the weights; t = (x - q) / radius.
Vertex local_fit(const SortedPoints& points, double q, const Neighborhood& near) {
  const auto t_of = [&](std::int64_t i) { return (points.x[i] - q) / near.radius; };
  std::vector<double> weight(near.end - near.first);
  double w_sum = 0, t_sum = 0, t_squares = 0, y_sum = 0;
  for (auto i = near.first; i < near.end; ++i) {
    const double t = t_of(i), far = std::min(1.0, std::abs(t)), bell = 1 - far * far * far;
    const double w = bell * bell * bell;
    weight[i - near.first] = w;
    w_sum += w;
    t_sum += w * t;
    t_squares += w * t * t;
    y_sum += w * points.y[i];
  }
  const double centre = t_sum / w_sum, c0 = y_sum / w_sum;
  double s2 = 0, s3 = 0, s4 = 0, p1_y = 0;  // of p1 = t - centre
  for (auto i = near.first; i < near.end; ++i) {
    const double p1 = t_of(i) - centre, square = p1 * p1, w = weight[i - near.first];
    s2 += w * square;
    s3 += w * square * p1;
    s4 += w * square * square;
    p1_y += w * p1 * (points.y[i] - c0);
  }
  if (s2 <= nothing * t_squares) return {q, c0, 0.0};
  const double c1 = p1_y / s2, tilt = s3 / s2, level = s2 / w_sum;
  double p2_squares = 0, p2_y = 0;  // of p2 = p1 ^ 2 - tilt p1 - level
  for (auto i = near.first; i < near.end; ++i) {
    const double p1 = t_of(i) - centre, p2 = p1 * p1 - tilt * p1 - level, w = weight[i - near.first];
    p2_squares += w * p2 * p2;
    p2_y += w * p2 * (points.y[i] - c0 - c1 * p1);
  }
  const double c2 = p2_squares > nothing * s4 ? p2_y / p2_squares : 0.0;
  return {q, c0 - c1 * centre + c2 * (centre * centre + tilt * centre - level),
          (c1 - c2 * (2 * centre + tilt)) / near.radius};
}

double blend(const Vertex& a, const Vertex& b, double x) {
  const double width = b.x - a.x, h = (x - a.x) / width, g = 1 - h;
  return g * g * (1 + 2 * h) * a.value + h * h * (3 - 2 * h) * b.value +
         (h * g * g * a.slope - h * h * g * b.slope) * width;
}

}  // namespace

std::vector<double> loess(std::span<const double> x, std::span<const double> y, const LoessOptions& options) {
  const auto n = std::ssize(x);
  if (n == 0) return {};
  std::vector<std::int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::int64_t i) { return x[i]; });
  SortedPoints points{std::vector<double>(n), std::vector<double>(n)};
  for (std::int64_t i = 0; i < n; ++i) {
    points.x[i] = x[order[i]];
    points.y[i] = y[order[i]];
  }

  const auto size = static_cast<double>(n);
  const auto how_many =
      std::clamp(static_cast<std::int64_t>(size * options.span + 1e-5), std::min<std::int64_t>(4, n), n);
  const auto most_in_cell = static_cast<std::int64_t>(size * options.span * options.cell);
  std::vector<Vertex> fits;
  for (const double q : vertices(points.x, most_in_cell))
    fits.push_back(local_fit(points, q, nearest(points.x, q, how_many)));

  std::vector<double> fitted(n);
  std::size_t right = 1;  // the first vertex that is not left of the point
  for (std::int64_t i = 0; i < n; ++i) {
    while (fits[right].x < points.x[i]) ++right;
    fitted[order[i]] = blend(fits[right - 1], fits[right], points.x[i]);
  }
  return fitted;
}

}  // namespace miura::stats
