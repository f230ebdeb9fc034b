#pragma once

#include <cstdint>
#include <span>

namespace miura::knn {

/// A score that at least n (1 to all) of the scores reach: the n-th largest, or one a little below it. By halving the
/// range of the scores a few times, with AVX-512, AVX2 or what the processor has.
float score_of_at_least(std::span<const float> scores, std::int64_t n);

/// Moves those that reach the threshold to the front, scores and positions alike, in their order; how many they are.
std::int32_t keep_reaching(float threshold, std::span<float> scores, std::span<std::int32_t> positions);

}  // namespace miura::knn
