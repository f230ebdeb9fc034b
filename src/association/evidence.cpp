#include "miura/association/evidence.hpp"

namespace miura::association {

std::string_view name_of(Status status) {
  switch (status) {
    case Status::ok:
      return "OK";
    case Status::approx:
      return "APPROX";
    case Status::few_cells:
      return "FEW_CELLS";
    case Status::low_n:
      return "LOW_N";
    case Status::constant_feature:
      return "CONSTANT_FEATURE";
    case Status::constant_outcome:
      return "CONSTANT_OUTCOME";
    case Status::too_many_ties:
      return "TOO_MANY_TIES";
    case Status::empty_cluster:
      return "EMPTY_CLUSTER";
    case Status::one_lot:
      return "ONE_LOT";
    case Status::not_tested:
      return "NOT_TESTED";
  }
  return {};
}

void flag(Evidence& row, std::string_view remark) {
  if (!row.flags.empty()) row.flags += ';';
  row.flags += remark;
}

}  // namespace miura::association
