#pragma once

#include <cstdint>

#include "pca/gram.hpp"
#include "pca/reference.hpp"

namespace miura::pca {

/// The largest eigenvalues of the covariance of z, by LAPACK. Not collective: one rank solves.
Spectrum dense_spectrum(const ScaledReference& z, Gram gram, std::int32_t components);

}  // namespace miura::pca
