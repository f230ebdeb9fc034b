#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>

#include "miura/stats/random.hpp"
#include "miura/umap/curve.hpp"

namespace miura::umap {

struct Point {
  float x = 0, y = 0;
};

/// A smooth function of a squared distance, by linear interpolation between 32 nodes an octave: to 3e-4 of its value,
/// with the same bits on every processor, and several times as fast as std::pow.
class DistanceTable {
public:
  template <class Function>
  explicit DistanceTable(Function&& function) {
    for (std::uint32_t i = 0; i < n_nodes; ++i) {
      const float from = at_node(i), to = at_node(i + 1);
      node_[i].value = static_cast<float>(function(double{from}));
      node_[i].slope = static_cast<float>((function(double{to}) - node_[i].value) / (double{to} - double{from}));
    }
  }

  float operator()(float squared_distance) const noexcept {
    const float d = std::clamp(squared_distance, smallest, largest);
    const auto bits = std::bit_cast<std::uint32_t>(d);
    const auto& node = node_[(bits >> shift) - first_bits];
    return node.value + node.slope * (d - std::bit_cast<float>(bits & ~((1U << shift) - 1)));
  }

private:
  struct Node {
    float value, slope;
  };
  static constexpr int shift = 18;  // leaves 5 of 23 bits of the mantissa: 32 nodes an octave
  static constexpr float smallest = 0x1p-20F, largest = 0x1.fffffep19F;
  static constexpr auto first_bits = std::bit_cast<std::uint32_t>(smallest) >> shift;
  static constexpr auto n_nodes = (std::bit_cast<std::uint32_t>(largest) >> shift) - first_bits + 1;
  static float at_node(std::uint32_t i) noexcept { return std::bit_cast<float>((first_bits + i) << shift); }

  std::array<Node, n_nodes> node_;
};

/// The two gradients of UMAP's cross entropy in the plane, for a step of length 1; a coordinate moves by at most 4.
class Forces {
public:
  explicit Forces(const Curve& curve);

  /// The move of a point at `at` towards a neighbour at `to`.
  Point pull(Point at, Point to) const noexcept { return along(at, to, pull_); }
  /// The move of a point at `at` away from one at `from`; none if they are in one place.
  Point push(Point at, Point from) const noexcept { return along(at, from, push_); }

private:
  static Point along(Point at, Point other, const DistanceTable& force) noexcept {
    constexpr float longest = 4;
    const float x = at.x - other.x, y = at.y - other.y;
    const float f = force(x * x + y * y);
    return {std::clamp(f * x, -longest, longest), std::clamp(f * y, -longest, longest)};
  }
  DistanceTable pull_, push_;
};

/// How often an edge pulls: floor(epochs x weight / largest weight) times or once more, evenly spread. The phase of an
/// edge is where in its period it starts.
class Schedule {
public:
  /// `rate` in units of 2^-32 a pull an epoch.
  static std::uint32_t rate(double share) noexcept {
    return static_cast<std::uint32_t>(std::min(share * 0x1p32, 0x1p32 - 1));
  }
  static bool pulls(std::uint32_t rate, std::uint32_t phase, std::uint32_t epoch) noexcept {
    return phase + (epoch + 1) * rate < rate;  // modulo 2^32: the fraction has just passed a whole number
  }
};

/// Draws of points that push, by counter: SplitMix64 of (seed, epoch, vertex, number of the draw); a Philox block would
/// cost as much as the push.
class Draws {
public:
  Draws(std::uint64_t key, std::uint32_t n_points) noexcept : key_(key), n_(n_points) {}
  /// Uniform on 0 .. n_points - 1, to 2^-32.
  std::uint32_t next() noexcept {
    if (!left_) bits_ = stats::mix(key_ + counter_++);
    left_ = !left_;
    const auto drawn = static_cast<std::uint32_t>(left_ ? bits_ : bits_ >> 32);
    return static_cast<std::uint32_t>((std::uint64_t{drawn} * n_) >> 32);
  }

private:
  std::uint64_t key_, counter_ = 0, bits_ = 0;
  std::uint32_t n_;
  bool left_ = false;  // whether half of bits_ is left
};

/// What a point lives through in an epoch: it is pulled by its neighbours and pushed by drawn ones.
class Walk {
public:
  Walk(const Forces& forces, std::span<const Point> others, float step, std::int32_t negatives) noexcept
      : forces_(forces), others_(others), step_(step), negatives_(negatives) {}

  Point pulled(Point at, Point to) const noexcept { return moved(at, forces_.pull(at, to)); }

  /// A pull and its pushes, all from where the point is now. `self` is the index of the point among those that are
  /// drawn, which does not push; negative: it is not one of them.
  Point pulled_and_pushed(Point at, Point to, Draws& draws, std::int64_t self) const noexcept {
    auto sum = forces_.pull(at, to);
    for (std::int32_t k = 0; k < negatives_; ++k) {
      const auto from = draws.next();
      if (from == self) continue;
      const auto push = forces_.push(at, others_[from]);
      sum.x += push.x;
      sum.y += push.y;
    }
    return moved(at, sum);
  }

private:
  Point moved(Point at, Point by) const noexcept { return {at.x + step_ * by.x, at.y + step_ * by.y}; }

  const Forces& forces_;
  std::span<const Point> others_;
  float step_;
  std::int32_t negatives_;
};

}  // namespace miura::umap
