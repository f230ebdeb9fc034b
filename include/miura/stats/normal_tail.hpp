#pragma once

namespace miura::stats {

/// log10 of the chance that a standard normal value is at least |z| in size, to about 1e-14 relative; has no
/// underflow: z = 100 gives -2173.57. NaN for NaN.
double log10_two_sided_p(double z);

}  // namespace miura::stats
