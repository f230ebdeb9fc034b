#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/stats/random.hpp"

namespace miura::simulate {

/// What a stream is drawn for. With a lot or gene, and a cell, it names the stream.
enum class Topic : std::uint64_t {
  gene = 1,
  feature,
  lot,
  lot_profile,
  barcode,
  cell,
  outcome,
  line,
  line_gene,
  marker,
  probe,
  promoter
};

/// `outer` below 2^24, `inner` below 2^32.
stats::RandomStream stream(std::uint64_t seed, Topic topic, std::int64_t outer, std::int64_t inner = 0);

// The distributions of <random> differ between libraries; these give the same values wherever the arithmetic is the
// same.

/// Standard normal: Box & Muller (1958).
double normal(stats::RandomStream& random);

/// Gamma of the given shape > 0 and scale 1: Marsaglia & Tsang (2000), A simple method for generating gamma variables.
double gamma(stats::RandomStream& random, double shape);

/// Beta by two gammas.
double beta(stats::RandomStream& random, double a, double b);

/// A point of the simplex: normalised gammas. All alpha > 0.
std::vector<double> dirichlet(stats::RandomStream& random, std::span<const double> alpha);

/// Poisson: inversion by sequential search (Devroye 1986, X.3) below a mean of 10, above it PTRS (Hörmann 1993, The
/// transformed rejection method for generating Poisson random variables).
std::int64_t poisson(stats::RandomStream& random, double mean);

/// Gamma-Poisson mixture: mean `mean`, variance mean + dispersion x mean^2. Inversion of the negative binomial below a
/// mean of 12, a gamma and a Poisson above. Costs one uniform where the answer is 0. dispersion > 0.
std::int64_t gamma_poisson(stats::RandomStream& random, double mean, double dispersion);

/// An index with probability in proportion to `weight`, whose entries are not negative and not all 0.
std::int32_t pick(stats::RandomStream& random, std::span<const double> weight);

}  // namespace miura::simulate
