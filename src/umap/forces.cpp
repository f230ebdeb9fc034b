#include "umap/forces.hpp"

#include <cmath>

namespace miura::umap {

namespace {

constexpr double least_squared_distance = 0.001;  // umap-learn's, so that a push stays finite

}  // namespace

Forces::Forces(const Curve& curve)
    : pull_([&](double d2) {
        return -2 * curve.a * curve.b * std::pow(d2, curve.b - 1) / (1 + curve.a * std::pow(d2, curve.b));
      }),
      push_([&](double d2) {
        return 2 * curve.b / ((least_squared_distance + d2) * (1 + curve.a * std::pow(d2, curve.b)));
      }) {}

}  // namespace miura::umap
