#pragma once

#include <cstdint>

namespace miura::stats {

/// log10 P(X >= k) where X marked ones are among n drawn without replacement from N of which K are marked:
/// phyper(k - 1, K, N - K, n, lower.tail = FALSE, log.p = TRUE) / log(10) of R. Has no underflow; p is good to about
/// 1e-13. 0 <= K, n <= N, else std::logic_error; -infinity for a k that cannot be.
double log10_hypergeometric_upper(std::int64_t N, std::int64_t K, std::int64_t n, std::int64_t k);

}  // namespace miura::stats
