#include "knn/thinning.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)  // as the scan
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "knn/thinning.cpp"
#include <hwy/foreach_target.h>
// after foreach_target.h, which reads this file once a target
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace miura::knn::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::CappedTag<float, 16>;
constexpr auto lanes = static_cast<std::int64_t>(hn::MaxLanes(Tag()));

std::int64_t count_reaching(float threshold, std::span<const float> scores) {
  const Tag d;
  const auto limit = hn::Set(d, threshold);
  const auto n = std::ssize(scores);
  std::int64_t count = 0, i = 0;
  for (; i + lanes <= n; i += lanes)
    count += static_cast<std::int64_t>(hn::CountTrue(d, hn::Ge(hn::LoadU(d, &scores[i]), limit)));
  for (; i < n; ++i) count += scores[i] >= threshold ? 1 : 0;
  return count;
}

/// Smallest and largest.
std::pair<float, float> range_of(std::span<const float> scores) {
  const Tag d;
  auto smallest = hn::Set(d, scores[0]), largest = smallest;
  const auto n = std::ssize(scores);
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto score = hn::LoadU(d, &scores[i]);
    smallest = hn::Min(smallest, score);
    largest = hn::Max(largest, score);
  }
  std::pair range(hn::GetLane(hn::MinOfLanes(d, smallest)), hn::GetLane(hn::MaxOfLanes(d, largest)));
  for (; i < n; ++i) range = {std::min(range.first, scores[i]), std::max(range.second, scores[i])};
  return range;
}

float score_of_at_least(std::span<const float> scores, std::int64_t n) {
  constexpr int most_halvings = 10;
  auto [reached, above] = range_of(scores);
  for (int i = 0; i < most_halvings; ++i) {
    const float middle = reached + (above - reached) / 2;
    const auto count = count_reaching(middle, scores);
    (count >= n ? reached : above) = middle;
    if (count == n) break;
  }
  return reached;
}

std::int32_t keep_reaching(float threshold, std::span<float> scores, std::span<std::int32_t> positions) {
  const Tag d;
  const hn::RebindToSigned<Tag> di;
  const auto limit = hn::Set(d, threshold);
  const auto n = std::ssize(scores);
  std::int64_t kept = 0, i = 0;
  for (; i + lanes <= n; i += lanes) {  // what is stored behind the kept ones has been read already
    const auto score = hn::LoadU(d, &scores[i]);
    const auto position = hn::LoadU(di, &positions[i]);
    const auto reaching = hn::Ge(score, limit);
    hn::StoreU(hn::Compress(score, reaching), d, &scores[kept]);
    hn::StoreU(hn::Compress(position, hn::RebindMask(di, reaching)), di, &positions[kept]);
    kept += static_cast<std::int64_t>(hn::CountTrue(d, reaching));
  }
  for (; i < n; ++i) {
    if (scores[i] < threshold) continue;
    scores[kept] = scores[i];
    positions[kept++] = positions[i];
  }
  return static_cast<std::int32_t>(kept);
}

}  // namespace miura::knn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace miura::knn {

HWY_EXPORT(score_of_at_least);
HWY_EXPORT(keep_reaching);

float score_of_at_least(std::span<const float> scores, std::int64_t n) {
  return HWY_DYNAMIC_DISPATCH(score_of_at_least)(scores, n);
}

std::int32_t keep_reaching(float threshold, std::span<float> scores, std::span<std::int32_t> positions) {
  return HWY_DYNAMIC_DISPATCH(keep_reaching)(threshold, scores, positions);
}

}  // namespace miura::knn
#endif
