#include "miura/permutation/max_t.hpp"

#include <algorithm>

#include "permutation/all_relabelings.hpp"
#include "permutation/family.hpp"

namespace miura::permutation {

MaxTResult max_t(MPI_Comm comm, const RankTests& tests, const Options& options) {
  const Family family(tests, options);
  const auto n = tests.size();
  MaxTResult result;
  result.exact = family.relabelings.exact();
  result.n_relabelings = family.relabelings.size();
  result.t = family.t;
  result.single_step.resize(n);
  result.step_down.resize(n);
  if (n == 0) return result;
  const auto counts =
      result.exact ? count_all_relabelings(comm, family) : count_drawn_relabelings(comm, family, Counted::family);
  std::int64_t largest = 0;
  for (auto q = n - 1; q >= 0; --q) {  // most extreme first: a later p is never below an earlier one
    largest = std::max(largest, counts.step[q]);
    result.step_down[family.order[q]] = largest;
    result.single_step[family.order[q]] = counts.single[q];
  }
  return result;
}

}  // namespace miura::permutation
