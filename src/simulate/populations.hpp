#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "miura/matrix/cells.hpp"
#include "miura/simulate/study.hpp"

namespace miura::simulate {

/// A cell state and how common it is in each source.
struct State {
  std::string_view name;
  std::array<double, 3> share;  ///< in BM, AD, UC; normalised when used
};

/// The states of a modality. Cells lie between their own state and a neighbour of it.
struct Populations {
  std::vector<State> state;
  std::vector<std::vector<std::int32_t>> neighbors;  ///< states that a cell of this state may lean to; may be empty
  std::int32_t functional;                           ///< what vegf_ischemia is tied to
  std::int32_t immune;                               ///< what ido_activity is tied to

  std::int32_t size() const noexcept { return static_cast<std::int32_t>(state.size()); }
};

/// A lot before its cells are drawn.
struct LotPlan {
  std::string id;
  std::int64_t key;     ///< of its random streams: a lot stays the same when lots of other sources are added
  std::int32_t source;  ///< 0 BM, 1 AD, 2 UC
  std::string role, donor, sex;
  std::string process = "standard", pair = {};
  std::int32_t chemistry;      ///< 0 or 1: the newer or older kit (counts), staining kit A or B (images)
  std::vector<double> design;  ///< expected fraction of every state
  std::int64_t n_barcodes;
  std::int64_t donor_key = -1;  ///< of the random stream of what lots of one donor share; -1: the donor has one lot
};

inline constexpr std::array<std::string_view, 3> source_names{"BM", "AD", "UC"};

/// All lots in the order of the sample sheet. Fractions over lots are Dirichlet with concentration 22. After a change
/// of process those of the same donor are Dirichlet with concentration 400 round what the change makes of them.
std::vector<LotPlan> plan_lots(const Options& options, const Populations& populations);

/// What a barcode holds.
enum class CellClass : std::uint8_t { good, doublet, low_quality, empty };
std::string_view name_of(CellClass c);

struct CellTruth {
  std::string barcode;
  CellClass holds = CellClass::good;
  std::int32_t state = -1;  ///< of the (first) cell; -1 where there is none
};

/// A lot as drawn: cells in ascending order of barcode.
struct DrawnLot {
  matrix::CellBlock cells;
  std::vector<CellTruth> truth;
};

}  // namespace miura::simulate
