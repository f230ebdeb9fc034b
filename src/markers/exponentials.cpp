#include "exponentials.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "markers/exponentials.cpp"
#include <hwy/foreach_target.h>
// after foreach_target.h, which reads this file once a target
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace miura::markers::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

void exponentiate(std::span<double> values) {
  constexpr std::int64_t most_lanes = 8;
  const hn::CappedTag<double, most_lanes> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto n = std::ssize(values);
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(hn::Exp(d, hn::LoadU(d, &values[i])), d, &values[i]);
  if (i == n) return;
  std::array<double, most_lanes> rest{};
  std::ranges::copy(values.subspan(i), rest.begin());
  hn::StoreU(hn::Exp(d, hn::LoadU(d, rest.data())), d, rest.data());
  std::copy_n(rest.begin(), n - i, values.begin() + i);
}

}  // namespace miura::markers::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace miura::markers {

HWY_EXPORT(exponentiate);

void exponentiate(std::span<double> values) { HWY_DYNAMIC_DISPATCH(exponentiate)(values); }

}  // namespace miura::markers
#endif
