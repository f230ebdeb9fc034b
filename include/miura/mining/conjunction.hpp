#pragma once

#include <span>
#include <vector>

namespace miura::mining {

/// [u - 1]: p of "at least u of the m hypotheses are false", by Bonferroni: (m - u + 1) p_(u), at most 1
/// (Benjamini & Heller 2008, Biometrics 64:1215). Valid under any dependence, but not monotone in u. u = m is the
/// conjunction, the largest p (Berger 1982). Empty for no p; NaN counts as 1.
std::vector<double> partial_conjunction(std::span<const double> p);

}  // namespace miura::mining
