#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace miura::mining {

/// A panel against an outcome, and the sign that is required there.
struct Term {
  std::int32_t panel = 0, outcome = 0;
  bool negative = false;
  double threshold = 0;  ///< two-sided p that makes a hit in this term; 0: that of Options, as the single probes
};

/// Which probes of a gene must be hits where a gene has several in a panel (promoters, probe sets).
enum class Promoters {
  any,       ///< one of them; its p is Bonferroni's over the gene's probes
  all,       ///< each of them
  strongest  ///< the one of the highest mean over lines, chosen without any outcome
};

/// A sign-constrained intersection over outcomes, platforms and methods.
struct Intersection {
  std::string name;
  std::vector<Term> terms;
  bool either_direction = false;  ///< the rule holds for all signs reversed too
  bool by_gene = false;           ///< units are genes; else probes of the one panel of all terms
  Promoters promoters = Promoters::any;
};

}  // namespace miura::mining
