#include "association/row_tests.hpp"
#include "association/test_collection.hpp"

namespace miura::association {

namespace {

TestCollection collected(std::span<const Tested> rows, const std::vector<std::int64_t>& members, const Lots& lots,
                         const LotDesign& design) {
  TestCollection collection(design, lots);
  for (const auto i : members) collection.add(i, rows[i].x(lots), rows[i].outcome, rows[i].y(lots));
  return collection;
}

}  // namespace

RowTests rank_tests(MPI_Comm comm, std::span<Tested> rows, const LotDesign& design, const Options& options) {
  RowTests tests;
  tests.alone = [=, &design, &options](const std::vector<std::int64_t>& members, const Lots& lots) {
    const auto collection = collected(rows, members, lots, design);
    const auto found = collection.marginal(comm, options);
    for (std::int64_t t = 0; t < collection.size(); ++t) {
      auto& row = *rows[collection.row(t)].row;
      row.p_exact = found.p[t];
      row.p_min_attainable = found.p_min_attainable[t];
      row.n_perm = found.n_perm;
      row.perm_type = found.perm_type;
    }
  };
  tests.family = [=, &design, &options](const std::vector<std::int64_t>& members, const Lots& lots) {
    const auto collection = collected(rows, members, lots, design);
    const auto found = collection.family_wise(comm, options);
    for (std::int64_t t = 0; t < collection.size(); ++t) {
      auto& row = *rows[collection.row(t)].row;
      row.p_max_t_single = found.p_single[t];
      row.p_max_t_step = found.p_step[t];
    }
  };
  return tests;
}

}  // namespace miura::association
