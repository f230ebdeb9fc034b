#pragma once

#include <mpi.h>

#include <cstdint>
#include <vector>

namespace miura::mining {

/// Sorted doubled mid-ranks: all that the distribution of S depends on.
using Ties = std::vector<std::int32_t>;

/// The distribution of S under all relabelings, for every pair of ties of a probe and of an outcome.
class RankNulls {
public:
  /// Exact up to `exact_up_to` lines, by Student's t of rho beyond. Collective: exact distributions are dealt over
  /// ranks and threads and known to all.
  RankNulls(MPI_Comm comm, std::vector<Ties> x, std::vector<Ties> y, std::int32_t n_lines, std::int32_t exact_up_to);

  struct P {
    double two_sided, greater, less;
  };
  P p(std::int64_t x, std::int64_t y, std::int64_t s) const;
  /// The |rho| at and beyond which Student's two-sided p is at most alpha; 1 where p is exact.
  double critical_rho(double alpha) const;
  /// The smallest |S| whose two-sided p is at most alpha; the largest int32 where none is. `critical_rho` of alpha,
  /// where p is Student's, saves it from looking at many.
  std::int32_t bar(std::int64_t x, std::int64_t y, double alpha, double critical_rho) const;
  /// The smallest |S| of at least this |rho|; values within 1e-12 of it reach it.
  std::int32_t bar_of_rho(std::int64_t x, std::int64_t y, double rho) const;
  double rho(std::int64_t x, std::int64_t y, std::int64_t s) const { return static_cast<double>(s) / norm(x, y); }
  bool exact() const noexcept { return exact_; }

private:
  double norm(std::int64_t x, std::int64_t y) const;
  std::int64_t at_least(std::int64_t x, std::int64_t y, std::int64_t s) const;

  std::int32_t n_;
  bool exact_;
  std::vector<Ties> x_, y_;
  std::vector<double> x_square_, y_square_;
  std::vector<std::int64_t> largest_;   ///< |S| of each pair, at most
  std::vector<std::int64_t> start_;     ///< of each pair in at_least_
  std::vector<std::int64_t> at_least_;  ///< relabelings with S >= s, for s from -largest to largest
};

}  // namespace miura::mining
