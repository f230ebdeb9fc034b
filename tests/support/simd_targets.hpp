#pragma once

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <utility>

namespace miura::test {

/// Calls check() with each set of instructions that kernels are compiled for and this processor has; tells which one
/// where something fails.
template <class Check>
void with_each_target(Check&& check) {
  const auto choose = [](std::int64_t target) {  // 0: whatever the processor has
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  };
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    choose(target);
    check();
  }
  choose(0);
}

}  // namespace miura::test
