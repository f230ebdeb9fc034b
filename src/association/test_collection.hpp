#pragma once

#include <mpi.h>

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "association/lot_design.hpp"

namespace miura::association {

/// Tests over common lots, for the permutation engine. A feature or outcome that is constant over them, or within their
/// strata, is not taken.
class TestCollection {
public:
  TestCollection(const LotDesign& design, const Lots& lots);

  /// Values over the common lots. `row` is what the caller calls the test.
  void add(std::int64_t row, std::span<const double> feature, const Outcome* outcome, std::span<const double> value);

  std::int64_t size() const noexcept { return std::ssize(row_); }
  std::int64_t row(std::int64_t test) const noexcept { return row_[test]; }

  /// Each test by itself, on the side asked for; an entry a test.
  struct Marginal {
    std::vector<double> p, p_min_attainable;
    std::int64_t n_perm = 0;
    const char* perm_type = "";
  };
  Marginal marginal(MPI_Comm comm, const Options& options) const;

  /// Over all tests; an entry a test. NaN where nothing is left of a feature given the covariate.
  struct FamilyWise {
    std::vector<double> p_single, p_step;
    std::vector<double> t;  ///< on the side asked for
  };
  FamilyWise family_wise(MPI_Comm comm, const Options& options) const;

private:
  const LotDesign& design_;
  const Lots lots_;
  permutation::RankTests tests_;
  std::vector<std::int32_t> covariate_;
  std::vector<std::int64_t> row_;
  std::map<const Outcome*, std::int32_t> outcome_;
};

}  // namespace miura::association
