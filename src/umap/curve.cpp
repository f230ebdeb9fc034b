#include "miura/umap/curve.hpp"

#include <array>
#include <cmath>

#include "miura/base/error.hpp"

namespace miura::umap {

namespace {

constexpr int n_distances = 300;

/// The sum of squared residuals at a curve, and what Gauss-Newton needs: J'J and J'r.
struct Normal {
  double squares = 0;
  double aa = 0, ab = 0, bb = 0, ra = 0, rb = 0;
};

Normal normal_equations(const Curve& curve, double min_dist, double spread) {
  Normal sum;
  for (int i = 0; i < n_distances; ++i) {
    const double d = 3 * spread * i / (n_distances - 1);
    const double wanted = d < min_dist ? 1.0 : std::exp(-(d - min_dist) / spread);
    const double power = std::pow(d, 2 * curve.b), similarity = 1 / (1 + curve.a * power);
    const double r = wanted - similarity;
    const double by_a = -power * similarity * similarity;
    const double by_b = d > 0 ? 2 * curve.a * std::log(d) * by_a : 0;
    sum.squares += r * r;
    sum.aa += by_a * by_a;
    sum.ab += by_a * by_b;
    sum.bb += by_b * by_b;
    sum.ra += by_a * r;
    sum.rb += by_b * r;
  }
  return sum;
}

}  // namespace

Curve fit_curve(double min_dist, double spread) {
  if (!(spread > 0) || !(min_dist >= 0) || min_dist > spread)
    throw UsageError("umap: spread must be positive and min_dist between 0 and spread");
  constexpr int most_steps = 200;
  Curve curve{1, 1};
  auto now = normal_equations(curve, min_dist, spread);
  double damping = 1e-3;  // Levenberg and Marquardt: grows while a step is too long
  for (int step = 0; step < most_steps && damping < 1e12; ++step) {
    const double aa = now.aa * (1 + damping), bb = now.bb * (1 + damping), det = aa * bb - now.ab * now.ab;
    const Curve next{curve.a + (bb * now.ra - now.ab * now.rb) / det, curve.b + (aa * now.rb - now.ab * now.ra) / det};
    const auto then = normal_equations(next, min_dist, spread);
    const bool better = next.a > 0 && next.b > 0 && then.squares < now.squares;
    damping = better ? damping / 10 : damping * 10;
    if (!better) continue;
    curve = next;
    now = then;
  }
  return curve;
}

}  // namespace miura::umap
