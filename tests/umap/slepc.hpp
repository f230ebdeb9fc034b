#pragma once

#include <gtest/gtest.h>
#include <slepcsys.h>

namespace miura::umap_test {

/// Initialised before the first test and finalised after the last, while MPI lives.
struct Slepc : testing::Environment {
  void SetUp() override { ASSERT_EQ(SlepcInitializeNoArguments(), 0); }
  void TearDown() override { EXPECT_EQ(SlepcFinalize(), 0); }
};
inline const auto* const slepc = testing::AddGlobalTestEnvironment(new Slepc);  // GoogleTest owns it

}  // namespace miura::umap_test
