#pragma once

#include <mpi.h>

#include <cstdint>

#include "pca/reference.hpp"

namespace miura::pca {

/// The largest eigenvalues of the covariance of z by SLEPc's Krylov-Schur (Stewart 2001, SIAM J. Matrix Anal. Appl.
/// 23:601), which runs on rank 0 and asks all ranks for products. Collective; only rank 0 gets the spectrum.
/// Needs SlepcInitialize. Throws Error if the iteration does not converge.
Spectrum krylov_spectrum(MPI_Comm comm, const ScaledReference& z, std::int32_t components);

}  // namespace miura::pca
