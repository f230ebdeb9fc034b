#include "integrate/kernels.hpp"

// Vectors held in arrays need a size known at compile time, which scalable ones have not.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "integrate/kernels.cpp"
#include <hwy/foreach_target.h>
// after foreach_target.h, which reads this file once a target
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <array>
#include <bit>

HWY_BEFORE_NAMESPACE();
namespace miura::integrate::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void similarities_of_rows(const float* const* rows, const float* centers, std::int32_t n_dims, std::int32_t stride,
                          float* out) {
  const hn::CappedTag<float, lanes> d;
  constexpr int n_vectors = 2;  // 4 x 2 sums: enough to hide the latency of the products, and they fit 16 registers
  const auto width = static_cast<std::int32_t>(hn::Lanes(d));
  for (std::int32_t first = 0; first < stride; first += n_vectors * width) {
    const bool both = first + width < stride;
    const std::int32_t next = both ? width : 0;  // an odd register at the end is computed twice
    hn::Vec<decltype(d)> sum[rows_at_once][n_vectors];
#pragma GCC unroll 4
    for (int r = 0; r < rows_at_once; ++r) sum[r][0] = sum[r][1] = hn::Zero(d);
    for (std::int32_t dim = 0; dim < n_dims; ++dim) {
      const float* const center = centers + std::int64_t{dim} * stride + first;
      const auto center0 = hn::LoadU(d, center), center1 = hn::LoadU(d, center + next);
#pragma GCC unroll 4
      for (int r = 0; r < rows_at_once; ++r) {
        const auto x = hn::Set(d, rows[r][dim]);
        sum[r][0] = hn::MulAdd(x, center0, sum[r][0]);
        sum[r][1] = hn::MulAdd(x, center1, sum[r][1]);
      }
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows_at_once; ++r) {
      hn::StoreU(sum[r][0], d, out + r * stride + first);
      hn::StoreU(sum[r][1], d, out + r * stride + first + next);
    }
  }
}

/// Calls visit(lane) for every lane of a mask, ascending.
template <class D, class Visit>
HWY_INLINE void for_each_lane(D d, hn::Mask<D> mask, Visit&& visit) {
  std::array<std::uint8_t, 8> bytes{};
  hn::StoreMaskBits(d, mask, bytes.data());
  for (auto bits = static_cast<unsigned>(bytes[0] | bytes[1] << 8); bits != 0; bits &= bits - 1)
    visit(std::countr_zero(bits));
}

void keep_near_clusters(const float* similarity, float slope, const float* penalty, std::int32_t stride,
                        NearClusters& near) {
  const hn::CappedTag<float, lanes> d;
  const auto width = static_cast<std::int32_t>(hn::Lanes(d));
  const auto exponent = [&](std::int32_t k) {
    return hn::Add(hn::Mul(hn::LoadU(d, similarity + k), hn::Set(d, slope)), hn::LoadU(d, penalty + k));
  };
  auto most = exponent(0);
  for (std::int32_t k = width; k < stride; k += width) most = hn::Max(most, exponent(k));
  most = hn::MaxOfLanes(d, most);
  near.largest = hn::GetLane(most);
  near.n = 0;
  alignas(64) std::array<float, lanes> weight;
  for (std::int32_t k = 0; k < stride; k += width) {
    const auto below = hn::Sub(exponent(k), most);
    const auto kept = hn::Gt(below, hn::Set(d, -negligible));
    if (hn::AllFalse(d, kept)) continue;
    hn::Store(hn::Exp(d, below), d, weight.data());
    for_each_lane(d, kept, [&](int lane) {
      near.cluster[near.n] = k + lane;
      near.weight[near.n++] = weight[lane];
    });
  }
}

std::int32_t nonzero_weights(const std::uint16_t* weights, std::int32_t stride, Share* shares) {
  const hn::CappedTag<std::uint16_t, lanes> d;
  const auto width = static_cast<std::int32_t>(hn::Lanes(d));
  std::int32_t n = 0;
  for (std::int32_t k = 0; k < stride; k += width)
    for_each_lane(d, hn::Ne(hn::LoadU(d, weights + k), hn::Zero(d)), [&](int lane) {
      shares[n++] = {k + lane, weights[k + lane]};
    });
  return n;
}

void add_weighted_row(const float* row, std::int32_t n_dims, double steps, const Share* shares, std::int64_t n_shares,
                      double* sums) {
  const hn::CappedTag<double, 8> d;
  const hn::Rebind<float, decltype(d)> narrow;
  const auto width = static_cast<std::int32_t>(hn::Lanes(d));
  std::int32_t dim = 0;
  for (; dim + width <= n_dims; dim += width) {
    const auto x = hn::Round(hn::Mul(hn::PromoteTo(d, hn::LoadU(narrow, row + dim)), hn::Set(d, steps)));
    for (std::int64_t s = 0; s < n_shares; ++s) {
      double* const sum = sums + std::int64_t{shares[s].cluster} * n_dims + dim;
      hn::StoreU(hn::MulAdd(x, hn::Set(d, shares[s].weight), hn::LoadU(d, sum)), d, sum);
    }
  }
  const hn::CappedTag<double, 1> one;
  for (; dim < n_dims; ++dim) {
    const double x = hn::GetLane(hn::Round(hn::Set(one, static_cast<double>(row[dim]) * steps)));
    for (std::int64_t s = 0; s < n_shares; ++s)
      sums[std::int64_t{shares[s].cluster} * n_dims + dim] += x * shares[s].weight;
  }
}

}  // namespace miura::integrate::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace miura::integrate {

HWY_EXPORT(similarities_of_rows);
HWY_EXPORT(keep_near_clusters);
HWY_EXPORT(nonzero_weights);
HWY_EXPORT(add_weighted_row);

void similarities(const float* const* rows, const float* centers, std::int32_t n_dims, std::int32_t stride,
                  float* out) {
  HWY_DYNAMIC_DISPATCH(similarities_of_rows)(rows, centers, n_dims, stride, out);
}

void keep_near(const float* similarity, float slope, const float* penalty, std::int32_t stride, NearClusters& near) {
  HWY_DYNAMIC_DISPATCH(keep_near_clusters)(similarity, slope, penalty, stride, near);
}

std::int32_t nonzero_shares(const std::uint16_t* weights, std::int32_t stride, Share* shares) {
  return HWY_DYNAMIC_DISPATCH(nonzero_weights)(weights, stride, shares);
}

void add_weighted(const float* row, std::int32_t n_dims, double steps, std::span<const Share> shares, double* sums) {
  HWY_DYNAMIC_DISPATCH(add_weighted_row)(row, n_dims, steps, shares.data(), std::ssize(shares), sums);
}

}  // namespace miura::integrate
#endif
