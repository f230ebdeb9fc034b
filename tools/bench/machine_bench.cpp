// What one core of this machine can do at most, to read the kernels' figures beside: fused multiply-adds, and numbers
// read from memory one after the other. machine_bench [Google Benchmark's options]
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "machine_bench.cpp"
#include <hwy/foreach_target.h>
// after foreach_target.h, which reads this file once a target
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace miura::bench::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Twelve independent chains of fused multiply-adds that never leave the registers. Returns flops.
std::int64_t multiply_add(std::int64_t rounds, float& sink) {
  const hn::ScalableTag<float> d;
  const auto x = hn::Set(d, sink), y = hn::Set(d, 0.5F);
  const auto start = [&](float s) HWY_ATTR { return hn::Set(d, s); };  // all different, or the compiler merges chains
  auto a = start(.1F), b = start(.2F), c = start(.3F), e = start(.4F), f = start(.5F), g = start(.6F);
  auto h = start(.7F), i = start(.8F), j = start(.9F), k = start(1.F), l = start(1.1F), m = start(1.2F);
  for (std::int64_t r = 0; r < rounds; ++r) {
    a = hn::MulAdd(a, x, y), b = hn::MulAdd(b, x, y), c = hn::MulAdd(c, x, y), e = hn::MulAdd(e, x, y);
    f = hn::MulAdd(f, x, y), g = hn::MulAdd(g, x, y), h = hn::MulAdd(h, x, y), i = hn::MulAdd(i, x, y);
    j = hn::MulAdd(j, x, y), k = hn::MulAdd(k, x, y), l = hn::MulAdd(l, x, y), m = hn::MulAdd(m, x, y);
  }
  const auto sum = hn::Add(hn::Add(hn::Add(a, b), hn::Add(c, e)), hn::Add(hn::Add(f, g), hn::Add(h, i)));
  sink = hn::GetLane(hn::Add(sum, hn::Add(hn::Add(j, k), hn::Add(l, m))));
  return rounds * 12 * 2 * static_cast<std::int64_t>(hn::Lanes(d));
}

/// Sum of all numbers; their count is a multiple of four registers.
std::int64_t sum_of(const std::vector<std::int32_t>& numbers) {
  const hn::ScalableTag<std::int32_t> d;
  const auto lanes = hn::Lanes(d);
  auto a = hn::Zero(d), b = a, c = a, e = a;
  for (std::size_t i = 0; i + 4 * lanes <= numbers.size(); i += 4 * lanes) {
    const auto* at = numbers.data() + i;
    a = hn::Add(a, hn::LoadU(d, at)), b = hn::Add(b, hn::LoadU(d, at + lanes));
    c = hn::Add(c, hn::LoadU(d, at + 2 * lanes)), e = hn::Add(e, hn::LoadU(d, at + 3 * lanes));
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a, b), hn::Add(c, e))));
}

}  // namespace miura::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace miura::bench {

HWY_EXPORT(multiply_add);
HWY_EXPORT(sum_of);

namespace {

void multiply_adds(benchmark::State& state) {
  float sink = 0.3F;
  std::int64_t flops = 0;
  for (auto _ : state) flops += HWY_DYNAMIC_DISPATCH(multiply_add)(10'000'000, sink);
  benchmark::DoNotOptimize(sink);
  state.counters["flops"] = benchmark::Counter(static_cast<double>(flops), benchmark::Counter::kIsRate);
}

void read_memory(benchmark::State& state) {
  const std::vector<std::int32_t> numbers(std::int64_t{1} << 26, 1);  // 256 MiB: no cache holds it
  for (auto _ : state) benchmark::DoNotOptimize(HWY_DYNAMIC_DISPATCH(sum_of)(numbers));
  state.counters["bytes"] = benchmark::Counter(static_cast<double>(numbers.size() * sizeof numbers[0]),
                                               benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK(multiply_adds)->Unit(benchmark::kMillisecond);
BENCHMARK(read_memory)->Unit(benchmark::kMillisecond);

}  // namespace

}  // namespace miura::bench

BENCHMARK_MAIN();
#endif
